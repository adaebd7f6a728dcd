"""Offset divergence: how far the offsets of attention are from those of uniform attention.

`KL(p || u) = sum_d p(d) ln(p(d) / u(d))` with the signed offset profile `p(d) = 1/T sum_q A[q, q+d]` and that of
uniform attention, `u(d) = (T - |d|) / T^2`. By the chain rule of divergence it is at most `ln T - G`, the divergence
of the whole map, and equal to it if the weights depend on the offset only.
"""

import numpy as np
import torch
from torch import Tensor

from otoscope.statistics.reference import attending_rows
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Return the divergence of the offset profile from that of uniform attention, `[H]`."""
    profile, T = reductions.offset_histogram / reductions.rows[:, None], reductions.length
    offsets = torch.arange(1 - T, T, device=profile.device, dtype=profile.dtype)
    return torch.special.xlogy(profile, profile * (T * T / (T - offsets.abs()))).sum(-1)


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    T, rows, total = len(A), attending_rows(A), 0.0
    for d in range(1 - T, T):
        p = np.trace(A, offset=d) / rows
        total += p * np.log(p * T**2 / (T - abs(d))) if p > 0 else 0.0
    return float(total)


STATISTIC = Statistic(
    name="offset_divergence",
    doc="Divergence of a head's signed offset profile from that of uniform attention: 0 where the distance to the "
    "query makes no difference.",
    units="nats",
    source="otoscope, for the shape of a head",
    requires=frozenset({"offset_histogram"}),
    value=value,
    reference=reference,
)
