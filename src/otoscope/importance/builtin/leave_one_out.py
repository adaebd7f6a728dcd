"""Heads by what the loss rises when each is removed alone."""

from otoscope.importance.ranking import Floats, Ranking
from otoscope.importance.ranking_context import Subject


def score(subject: Subject, seed: int) -> Floats:
    """`loss(without the head) - loss(intact)`."""
    with subject.removing(1 + len(subject.heads)) as loss_without:
        intact = loss_without([])
        rises = [loss_without([head]) - intact for head in subject.heads]
    return subject.of_heads(rises)


RANKING = Ranking(
    name="leave-one-out",
    doc="Rise of the loss when the head alone is removed: heads that are missed most first.",
    units="loss",
    source="ablation of one head at a time (Voita et al. 2019; Michel et al. 2019)",
    dispensable="low",
    score=score,
)
