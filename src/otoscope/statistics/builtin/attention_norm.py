"""Attention norm: how much a head adds to each frame, term by term, `1/T sum_q sum_k ||A[q,k] f(x_k)||`.

`||A[q,k] f(x_k)|| = A[q,k] ||f(x_k)||`: the sums over queries and the norms of frames are enough.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from otoscope.attention.reductions import Reductions
from otoscope.attention.value_norm import VALUE_NORM
from otoscope.statistics.reference import attending_rows
from otoscope.statistics.statistic import Statistic


def value(r: Reductions) -> Tensor:
    """Mean over queries of the summed norms of the terms, `[H]`."""
    assert r.column_sum is not None
    assert r.value_norm is not None
    return (r.column_sum * r.value_norm).sum(-1) / r.rows


def reference(A: NDArray[np.float64], given_ko: NDArray[np.float64]) -> float:
    """The definition on one map `A [T, T]` and what the head gives of each frame, `f(x) [T, features]`."""
    terms = A[:, :, None] * given_ko
    return float(np.linalg.norm(terms, axis=-1).sum()) / attending_rows(A)


STATISTIC_OF_NORMS = Statistic(
    name="attention_norm",
    doc="Mean over frames of the summed norms of what a head adds to them, term by term: how much it gives, in units "
    "of the hidden state; compare heads of one layer.",
    units="hidden state",
    source="Kobayashi et al. 2020 (arXiv 2004.10102)",
    needs=frozenset({"column_sum", VALUE_NORM}),
    value=value,
    reference=reference,
    takes=frozenset({VALUE_NORM}),
)
