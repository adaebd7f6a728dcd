"""Normalised entropy: the mean entropy of the rows over that of uniform attention, `1/T sum_q H(A[q]) / ln T`.

It is 1 for uniform attention at any length, so layers and utterances are comparable. An utterance of one frame has 0.
"""

import math

from torch import Tensor

from otoscope.statistics.reference import attending_rows, entropy
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Return the mean entropy of the rows over that of uniform attention, `[H]`."""
    return reductions.row_entropy.sum(-1) / reductions.rows / _uniform_entropy(reductions.length)


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    return sum(entropy(row) for row in A) / (attending_rows(A) * _uniform_entropy(len(A)))


def _uniform_entropy(length: int) -> float:
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
