"""Heads by their weight."""

from otoscope.importance.ranking import Ranking
from otoscope.statistics.builtin.weight import STATISTIC

RANKING = Ranking(
    name=STATISTIC.name,
    doc="Highest attention weight, the baseline of Hao et al. 2020: sharp heads first.",
    units=STATISTIC.units,
    source=STATISTIC.source,
    prunable_end="low",
    score=lambda context, seed: context.statistic_rows(STATISTIC.name),
    needs_loss=False,
)
