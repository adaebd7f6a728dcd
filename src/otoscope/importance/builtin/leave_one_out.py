"""Heads by what the loss rises when each is removed alone."""

from otoscope.importance.ranking import Ranking
from otoscope.importance.ranking_context import RankingContext
from otoscope.typing import Floats


def score(context: RankingContext, seed: int) -> Floats:
    """Return `loss(without the head) - loss(intact)` of each utterance."""
    intact, *without_one = context.losses_without("leave-one-out", [[], *([head] for head in context.heads)])
    return context.to_layer_head(loss - intact for loss in without_one)


RANKING = Ranking(
    name="leave-one-out",
    doc="Rise of the loss when the head alone is removed: heads that are missed most first.",
    units="loss",
    source="ablation of one head at a time (Voita et al. 2019; Michel et al. 2019)",
    prunable_end="low",
    score=score,
)
