"""Cumulative attention diagonality: the area under `C_r = 1/T sum_q sum_{|k-q| <= r(T-1)} A[q,k]` for r from 0 to 1.

`C_r` steps up at each whole distance, so the area is one minus the mean share of the longest distance. An utterance of
one frame has no other and scores 1.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from otoscope.attention.reductions import Reductions
from otoscope.statistics.reference import attending_rows, distance
from otoscope.statistics.statistic import Statistic


def value(r: Reductions) -> Tensor:
    """The area, `[H]`, from the mass at each distance."""
    histogram = r.offset_histogram
    assert histogram is not None
    apart = torch.arange(1 - r.length, r.length, device=histogram.device, dtype=histogram.dtype).abs()
    return (histogram * (1 - apart / max(r.length - 1, 1))).sum(-1) / r.rows


def reference(A: NDArray[np.float64]) -> float:
    """The definition on one map `A [T, T]`: the steps of `C_r`, each as wide as the others."""
    apart = distance(len(A))
    steps = [A[apart <= reach].sum() for reach in range(max(len(A) - 1, 1))]
    return float(np.mean(steps)) / attending_rows(A)


STATISTIC = Statistic(
    name="cumulative_diagonality",
    doc="Area under the share of attention that lies within a growing distance of the diagonal: 1 where every frame "
    "attends to itself.",
    units="1",
    source="Shim, Choi and Sung 2022 (ICLR, Understanding the role of self attention for efficient speech recognition)",
    needs=frozenset({"offset_histogram"}),
    value=value,
    reference=reference,
)
