"""Normalised entropy: how widely a head spreads each frame's attention, as a share of the widest there is.

`1/T sum_q H(A[q]) / ln T`: 1 where attention is uniform, whatever the length, so that layers and utterances compare. An
utterance of one frame, whose attention can go nowhere else, has 0.
"""

import math

from torch import Tensor

from otoscope.statistics.reference import attending_rows, entropy
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Mean entropy of the rows over that of uniform attention, `[H]`."""
    return reductions.row_entropy.sum(-1) / reductions.rows / _widest(reductions.length)


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    return sum(entropy(row) for row in A) / (attending_rows(A) * _widest(len(A)))


def _widest(length: int) -> float:
    return math.log(max(length, 2))


STATISTIC = Statistic(
    name="normalised_entropy",
    doc="Mean entropy of a head's rows over that of uniform attention: 1 where every frame attends to all alike.",
    units="1",
    source="entropy of heads by layer after Clark et al. 2019 (arXiv 1906.04341); over ln T by otoscope",
    requires=frozenset({"row_entropy"}),
    value=value,
    reference=reference,
)
