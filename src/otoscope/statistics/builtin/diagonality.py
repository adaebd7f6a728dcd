"""Diagonality: how near to itself each frame attends, `-1/T^2 sum_q sum_k |q-k| A[q,k]`."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from otoscope.attention.reductions import Reductions
from otoscope.statistics.reference import attending_rows, distance
from otoscope.statistics.statistic import Statistic


def value(r: Reductions) -> Tensor:
    """Negative mean distance as a share of the utterance, `[H]`; the distances are read off the offset histogram."""
    histogram = r.offset_histogram
    assert histogram is not None
    offsets = torch.arange(1 - r.length, r.length, device=histogram.device)
    return -(histogram * offsets.abs()).sum(-1) / (r.length * r.rows)


def reference(A: NDArray[np.float64]) -> float:
    """The definition on one map `A [T, T]`."""
    T = len(A)
    return -float((distance(T) * A).sum()) / (T * attending_rows(A))


STATISTIC = Statistic(
    name="diagonality",
    doc="Negative mean distance between query and key as a share of the utterance: high (near 0) where frames attend "
    "to themselves and their neighbours. Not comparable between lengths or frame rates.",
    units="1",
    source="Yang, Liu and Lee 2020 (arXiv 2006.03265)",
    needs=frozenset({"offset_histogram"}),
    value=value,
    reference=reference,
)
