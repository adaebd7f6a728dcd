"""Sinks: the share of attention that goes to frames which draw more than ten times what uniform attention gives them.

Frame `j` is a sink where `1/T sum_q A[q,j] > 10/T`; utterances of ten frames or fewer have none.
"""

import torch
from torch import Tensor

from otoscope.statistics.reference import attending_rows
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats

MULTIPLE = 10 * (1 + 1e-6)  # of uniform attention; a hair more, so that rounding decides nothing


def sink_share_by_frame(reductions: RequiredReductions) -> Tensor:
    """Share of all attention that each frame draws as a sink, `[H, T]`; 0 where it is none."""
    share_ht = reductions.column_sum / reductions.rows[:, None]
    return torch.where(share_ht > MULTIPLE / reductions.length, share_ht, 0)


def value(reductions: RequiredReductions) -> Tensor:
    """Share of attention that sinks draw, `[H]`."""
    return sink_share_by_frame(reductions).sum(-1)


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    share = A.sum(axis=0) / attending_rows(A)
    return float(sum(part for part in share if part > MULTIPLE / len(A)))


STATISTIC = Statistic(
    name="sink_share",
    doc="Share of a head's attention that goes to sinks: frames that draw more than ten times uniform attention.",
    units="1",
    source="sinks after Xiao et al. 2024 (arXiv 2309.17453); the multiple is otoscope's",
    requires=frozenset({"column_sum"}),
    value=value,
    reference=reference,
)
