"""Verticality: how far all frames attend to the same few keys, `-H(1/T sum_q A[q])`."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.special import entr

from otoscope.attention.reductions import Reductions
from otoscope.statistics.reference import attending_rows, entropy
from otoscope.statistics.statistic import Statistic


def value(r: Reductions) -> Tensor:
    """Negative entropy of the mean row, nats, `[H]`."""
    assert r.column_sum is not None
    return -entr(r.column_sum / r.rows[:, None]).sum(-1)


def reference(A: NDArray[np.float64]) -> float:
    """The definition on one map `A [T, T]`."""
    return -entropy(A.sum(axis=0) / attending_rows(A))


STATISTIC = Statistic(
    name="verticality",
    doc="Negative entropy of a head's attention averaged over queries: high where all frames attend to the same keys.",
    units="nats",
    source="Yang, Liu and Lee 2020 (arXiv 2006.03265)",
    needs=frozenset({"column_sum"}),
    value=value,
    reference=reference,
)
