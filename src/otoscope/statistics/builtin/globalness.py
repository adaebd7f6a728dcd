"""Globalness: how widely a head spreads each frame's attention, `1/T sum_q H(A[q])`."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from otoscope.attention.reductions import Reductions
from otoscope.statistics.reference import attending_rows, entropy
from otoscope.statistics.statistic import Statistic


def value(r: Reductions) -> Tensor:
    """Mean entropy of the rows, nats, `[H]`."""
    assert r.row_entropy is not None
    return r.row_entropy.sum(-1) / r.rows


def reference(A: NDArray[np.float64]) -> float:
    """The definition on one map `A [T, T]`."""
    return sum(entropy(row) for row in A) / attending_rows(A)


STATISTIC = Statistic(
    name="globalness",
    doc="Mean entropy of a head's attention over keys: high where every frame attends to the whole utterance.",
    units="nats",
    source="Yang, Liu and Lee 2020 (arXiv 2006.03265)",
    needs=frozenset({"row_entropy"}),
    value=value,
    reference=reference,
)
