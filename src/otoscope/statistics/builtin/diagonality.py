"""Diagonality: the negative mean distance between query and key, `-1/T^2 sum_q sum_k |q-k| A[q,k]`."""

import torch
from torch import Tensor

from otoscope.statistics.reference import attending_rows, distance
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Return the negative mean distance as a share of the utterance, `[H]`, from the offset histogram."""
    histogram = reductions.offset_histogram
    offsets = torch.arange(1 - reductions.length, reductions.length, device=histogram.device)
    return -(histogram * offsets.abs()).sum(-1) / (reductions.length * reductions.rows)


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    T = len(A)
    return -float((distance(T) * A).sum()) / (T * attending_rows(A))


STATISTIC = Statistic(
    name="diagonality",
    doc="Negative mean distance between query and key as a share of the utterance: high (near 0) where frames attend "
    "to themselves and their neighbours. Not comparable between lengths or frame rates.",
    units="1",
    source="Yang, Liu and Lee 2020 (arXiv 2006.03265)",
    requires=frozenset({"offset_histogram"}),
    value=value,
    reference=reference,
)
