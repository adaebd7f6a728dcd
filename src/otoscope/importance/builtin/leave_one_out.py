"""Heads by what the loss rises when each is removed alone."""

from otoscope.importance.ranking import Ranking
from otoscope.importance.ranking_context import RankingContext
from otoscope.typing import Floats


def score(context: RankingContext, seed: int) -> Floats:
    """Return `loss(without the head) - loss(intact)` of each utterance."""
    with context.ablation_loss(1 + len(context.heads)) as loss_without:
        intact = loss_without.rows([])
        rises = [loss_without.rows([head]) - intact for head in context.heads]
    return context.to_layer_head(rises)


RANKING = Ranking(
    name="leave-one-out",
    doc="Rise of the loss when the head alone is removed: heads that are missed most first.",
    units="loss",
    source="ablation of one head at a time (Voita et al. 2019; Michel et al. 2019)",
    prunable_end="low",
    score=score,
)
