"""Globalness: the mean entropy of the rows, `1/T sum_q H(A[q])`."""

from torch import Tensor

from otoscope.statistics.reference import attending_rows, entropy
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Return the mean entropy of the rows in nats, `[H]`."""
    return reductions.row_entropy.sum(-1) / reductions.rows


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    return sum(entropy(row) for row in A) / attending_rows(A)


STATISTIC = Statistic(
    name="globalness",
    doc="Mean entropy of a head's attention over keys: high where every frame attends to the whole utterance.",
    units="nats",
    source="Yang, Liu and Lee 2020 (arXiv 2006.03265)",
    requires=frozenset({"row_entropy"}),
    value=value,
    reference=reference,
)
