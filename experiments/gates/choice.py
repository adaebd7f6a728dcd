"""Errors and loss on validation speakers after each 25 steps, next to the errors of speech that chooses nothing.

    python experiments/gates/choice.py MODEL --adapt CORPUS --guard CORPUS --control CORPUS --encoder-outputs FOLDER

Training and validation part are those of `refine --adapt --guard` with seed 0 and 400 utterances; 300 others of
`--adapt` that Python's `random.Random(5)` draws are transcribed, and all of `--control`.
"""

import argparse

from settings import corpora_parser, learn, read_drawn, word_error_rate

from otoscope.adaptation.builtin.agreement import AgreementTask
from otoscope.adaptation.builtin.text import REPEATS_WEIGHT, TextTask
from otoscope.adaptation.encoder_outputs import make_encoder_outputs
from otoscope.adaptation.gated_model import make_gated_model
from otoscope.adaptation.material import LEARNING, Role, read_speech_material
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.search import EVERY, WeightedTask, validation_loss
from otoscope.adaptation.tasks import BATCH, TEXTS, remember_targets
from otoscope.refinement.source_model import read_source

UTTERANCES = 400


def read_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = corpora_parser(__doc__, ("adapt", "guard", "control", "encoder-outputs"))
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--guard-weight", type=float, default=AdaptationOptions().guard_weight)
    parser.add_argument("--repeats-weight", type=float, default=REPEATS_WEIGHT)
    return parser.parse_args()


def main() -> None:
    """Print one line for the original, and one for each 25 steps."""
    arguments, options = read_arguments(), AdaptationOptions()
    model = make_gated_model(read_source(arguments.model), "decoder")
    model.outputs = make_encoder_outputs(arguments.encoder_outputs, model.transcriber)
    speech, guard = (read_speech_material(each, UTTERANCES, 0, LEARNING) for each in (arguments.adapt, arguments.guard))
    text, agreement = TextTask(model, speech, arguments.repeats_weight), AgreementTask(model, guard)
    learned = WeightedTask("adapt", text, 1.0, TEXTS)
    tasks = [learned, WeightedTask("guard", agreement, arguments.guard_weight, BATCH // 2, is_guard=True)]
    remember_targets(tasks)
    others = read_drawn(arguments.adapt, 5, set(speech.ids))
    control = read_speech_material(arguments.control, UTTERANCES, 0, (Role.test,))
    validation = speech.indices(Role.validation).tolist()

    def print_row(step: int) -> None:
        errors, words = text.errors(validation).sum(axis=0)[:2]
        loss = validation_loss(model, learned, options.gate_seed)
        rates = [word_error_rate(model, material, None) for material in (others, control)]
        print(f"{step:4d}  {errors / words:.3f}  {loss:.3f}  {rates[0]:.3f}  {rates[1]:.3f}", flush=True)

    print("step  validation: errors, loss; errors of others, of the control")
    print_row(0)
    for step in learn(model, tasks, arguments.steps):
        if step % EVERY == 0:
            print_row(step)


if __name__ == "__main__":
    main()
