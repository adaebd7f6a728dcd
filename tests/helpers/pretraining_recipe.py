"""A recipe small enough to train in a second, on the speech that `$SPEECH` names."""

TINY = """
[data]
train = ["$SPEECH"]
validation = ["$SPEECH/awb"]
[model]
hidden_size = 24
num_hidden_layers = 2
num_attention_heads = 2
intermediate_size = 48
[batching]
size = 4
crop = 40
[training]
max_steps = 12
save_steps = 6
logging_steps = 2
eval_strategy = "steps"
eval_steps = 6
use_cpu = true
"""
