"""Attention norm: the norm of what a head adds to each frame, summed over terms, `1/T sum_q sum_k ||A[q,k] f(x_k)||`.

`||A[q,k] f(x_k)|| = A[q,k] ||f(x_k)||`: so the sums over queries and the norms of frames suffice.
"""

import numpy as np
from torch import Tensor

from otoscope.attention.reduction_names import VALUE_NORM
from otoscope.statistics.reference import attending_rows
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Return the mean over queries of the summed norms of the terms, `[H]`."""
    return (reductions.column_sum * reductions.value_norm).sum(-1) / reductions.rows


def reference(A: Floats, projected_to: Floats) -> float:
    """Follow the definition on one map `A [T, T]` and the projected values of the head, `f(x) [T, features]`."""
    terms = A[:, :, None] * projected_to
    return float(np.linalg.norm(terms, axis=-1).sum()) / attending_rows(A)


STATISTIC = Statistic(
    name="attention_norm",
    doc="Mean over frames of the summed norms of the terms that a head adds to them, in units of the hidden state; "
    "comparable between heads of one layer.",
    units="hidden state",
    source="Kobayashi et al. 2020 (arXiv 2004.10102)",
    requires=frozenset({"column_sum", VALUE_NORM}),
    value=value,
    reference=reference,
)
