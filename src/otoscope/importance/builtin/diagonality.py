"""Heads by their diagonality."""

from otoscope.importance.ranking import Ranking
from otoscope.statistics.builtin.diagonality import STATISTIC

RANKING = Ranking(
    name=STATISTIC.name,
    doc="Negative mean distance of a head's attention from the diagonal: diagonal heads first.",
    units=STATISTIC.units,
    source=STATISTIC.source,
    prunable_end="low",
    score=lambda context, seed: context.statistic_rows(STATISTIC.name),
    needs_loss=False,
)
