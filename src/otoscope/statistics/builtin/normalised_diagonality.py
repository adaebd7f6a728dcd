"""Normalised diagonality: mean nearness, each distance as a share of the distance to the farthest key.

`mean_q[1 - sum_k A[q,k] |q-k| / max_k |q-k|]`; an utterance of one frame has value 1.
"""

import numpy as np
import torch
from torch import Tensor

from otoscope.statistics.reference import attending_rows, distance
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Return one minus the mean share of the farthest distance, `[H]`, from the scaled histogram."""
    histogram = reductions.scaled_histogram
    offsets = torch.arange(1 - reductions.length, reductions.length, device=histogram.device)
    return 1 - (histogram * offsets.abs()).sum(-1) / reductions.rows


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    distances = distance(len(A))
    farthest = np.maximum(distances.max(axis=1), 1)
    return 1 - float(((A * distances).sum(axis=1) / farthest).sum()) / attending_rows(A)


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
