"""Cumulative attention diagonality: the area under `C_r = 1/T sum_q sum_{|k-q| <= r(T-1)} A[q,k]` for r from 0 to 1.

`C_r` increases at each whole distance, so the area is one minus the mean distance as a share of the longest. An
utterance of one frame has value 1.
"""

import numpy as np
import torch
from torch import Tensor

from otoscope.statistics.reference import attending_rows
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Return the area, `[H]`, from the mass at each distance."""
    histogram = reductions.offset_histogram
    distances = torch.arange(
        1 - reductions.length, reductions.length, device=histogram.device, dtype=histogram.dtype
    ).abs()
    return (histogram * (1 - distances / max(reductions.length - 1, 1))).sum(-1) / reductions.rows


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`: the steps of `C_r`, each as wide as the others."""
    at_distance = [np.trace(A, offset=r) + (np.trace(A, offset=-r) if r else 0) for r in range(max(len(A) - 1, 1))]
    return float(np.cumsum(at_distance).mean()) / attending_rows(A)


STATISTIC = Statistic(
    name="cumulative_diagonality",
    doc="Area under the share of attention within a growing distance of the diagonal: 1 if every frame "
    "attends to itself.",
    units="1",
    source="Shim, Choi and Sung 2022 (ICLR, Understanding the role of self attention for efficient speech recognition)",
    requires=frozenset({"offset_histogram"}),
    value=value,
    reference=reference,
)
