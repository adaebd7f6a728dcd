"""Normalised diagonality: diagonality with each row's distance measured against the farthest key it has.

`mean_q[1 - sum_k A[q,k] |q-k| / max_k |q-k|]`; an utterance of one frame has no farther key and scores 1.
"""

import numpy as np
import torch
from torch import Tensor

from otoscope.statistics.reference import attending_rows, distance
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """One minus the mean share of the farthest distance, `[H]`; the distances are read off the scaled histogram."""
    histogram = reductions.scaled_histogram
    offsets = torch.arange(1 - reductions.length, reductions.length, device=histogram.device)
    return 1 - (histogram * offsets.abs()).sum(-1) / reductions.rows


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    apart = distance(len(A))
    farthest = np.maximum(apart.max(axis=1), 1)
    return 1 - float(((A * apart).sum(axis=1) / farthest).sum()) / attending_rows(A)


STATISTIC = Statistic(
    name="normalised_diagonality",
    doc="Mean nearness of a head's attention: 1 where every frame attends to itself, 0 where each attends to the key "
    "farthest from it. Far less dependent on length than diagonality.",
    units="1",
    source="Zhang, Loweimi, Bell and Renals 2021 (SLT, arXiv 2011.04906)",
    requires=frozenset({"scaled_histogram"}),
    value=value,
    reference=reference,
)
