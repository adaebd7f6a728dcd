"""Heads by their verticality."""

from otoscope.importance.ranking import Ranking
from otoscope.statistics.builtin.verticality import STATISTIC

RANKING = Ranking(
    name=STATISTIC.name,
    doc="Negative entropy of a head's mean attention: heads that all frames attend alike with first.",
    units=STATISTIC.units,
    source=STATISTIC.source,
    prunable_end="high",
    score=lambda context, seed: context.statistic_rows(STATISTIC.name),
    needs_loss=False,
)
