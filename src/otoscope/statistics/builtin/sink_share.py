"""Sinks: the share of attention on frames with more than ten times the attention of a uniform map.

Frame `j` is a sink if `1/T sum_q A[q,j] > 10/T`; utterances of ten frames or fewer have none.
"""

import torch
from torch import Tensor

from otoscope.statistics.reference import attending_rows
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats

MULTIPLE = 10 * (1 + 1e-6)  # of uniform attention; slightly more, so that rounding has no effect


def sink_share_by_frame(reductions: RequiredReductions) -> Tensor:
    """Return the share of all attention on each frame that is a sink, `[H, T]`; 0 on other frames."""
    share_ht = reductions.column_sum / reductions.rows[:, None]
    return torch.where(share_ht > MULTIPLE / reductions.length, share_ht, 0)


def value(reductions: RequiredReductions) -> Tensor:
    """Return the share of attention on sinks, `[H]`."""
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
