"""Heads by their globalness."""

from otoscope.importance.ranking import Ranking
from otoscope.statistics.builtin.globalness import STATISTIC

RANKING = Ranking(
    name=STATISTIC.name,
    doc="Mean entropy of a head's attention: global heads first, which the method removes.",
    units=STATISTIC.units,
    source=STATISTIC.source,
    prunable_end="high",
    score=lambda context, seed: context.statistic_rows(STATISTIC.name),
    needs_loss=False,
)
