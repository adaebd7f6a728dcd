"""Relative diagonality: diagonality over that of the uniform map, on the same scale at every length.

`-d / d_U`, with the mean distance `d = 1/T sum_q sum_k |q-k| A[q,k]` and that of uniform attention,
`d_U = (T^2 - 1) / (3 T)`. It is -1 for uniform attention and 0 if every frame attends to itself. An utterance of one
frame has 0.
"""

import torch
from torch import Tensor

from otoscope.statistics.reference import attending_rows, distance
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Return the negative mean distance over that of uniform attention, `[H]`, from the offset histogram."""
    histogram, T = reductions.offset_histogram, max(reductions.length, 2)
    offsets = torch.arange(1 - reductions.length, reductions.length, device=histogram.device)
    return -(histogram * offsets.abs()).sum(-1) / reductions.rows / ((T * T - 1) / (3 * T))


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    mean = (distance(len(A)) * A).sum() / attending_rows(A)
    return -float(mean / distance(max(len(A), 2)).mean())


STATISTIC = Statistic(
    name="relative_diagonality",
    doc="Diagonality over that of the uniform map of the same length: -1 for uniform attention, 0 where every frame "
    "attends to itself.",
    units="1",
    source="Yang, Liu and Lee 2020 (arXiv 2006.03265); over uniform attention by otoscope",
    requires=frozenset({"offset_histogram"}),
    value=value,
    reference=reference,
)
