"""Run one plan: every utterance through the model, shard by shard, into a run folder."""
