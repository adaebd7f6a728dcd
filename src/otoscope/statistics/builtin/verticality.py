"""Verticality: the negative entropy of the mean row, `-H(1/T sum_q A[q])`."""

from torch import Tensor
from torch.special import entr

from otoscope.statistics.reference import attending_rows, entropy
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Return the negative entropy of the mean row in nats, `[H]`."""
    return -entr(reductions.column_sum / reductions.rows[:, None]).sum(-1)


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    return -entropy(A.sum(axis=0) / attending_rows(A))


STATISTIC = Statistic(
    name="verticality",
    doc="Negative entropy of a head's attention averaged over queries: high where all frames attend to the same keys.",
    units="nats",
    source="Yang, Liu and Lee 2020 (arXiv 2006.03265)",
    requires=frozenset({"column_sum"}),
    value=value,
    reference=reference,
)
