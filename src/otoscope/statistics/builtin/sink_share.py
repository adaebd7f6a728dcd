"""Sinks: the share of attention that goes to frames which draw more than ten times what uniform attention gives them.

Frame `j` is a sink where `1/T sum_q A[q,j] > 10/T`; utterances of ten frames or fewer have none.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from otoscope.attention.reductions import Reductions
from otoscope.statistics.reference import attending_rows
from otoscope.statistics.statistic import Statistic

MULTIPLE = 10 * (1 + 1e-6)  # of uniform attention; a hair more, so that rounding decides nothing


def column_ratio(r: Reductions) -> Tensor:
    """Share of all attention that each frame draws as a sink, `[H, T]`; 0 where it is none."""
    assert r.column_sum is not None
    share_ht = r.column_sum / r.rows[:, None]
    return torch.where(share_ht > MULTIPLE / r.length, share_ht, 0)


def value(r: Reductions) -> Tensor:
    """Share of attention that sinks draw, `[H]`."""
    return column_ratio(r).sum(-1)


def reference(A: NDArray[np.float64]) -> float:
    """The definition on one map `A [T, T]`."""
    share = A.sum(axis=0) / attending_rows(A)
    return float(sum(part for part in share if part > MULTIPLE / len(A)))


STATISTIC = Statistic(
    name="sink_share",
    doc="Share of a head's attention that goes to sinks: frames that draw more than ten times uniform attention.",
    units="1",
    source="sinks after Xiao et al. 2024 (arXiv 2309.17453); the multiple is otoscope's",
    needs=frozenset({"column_sum"}),
    value=value,
    reference=reference,
)
