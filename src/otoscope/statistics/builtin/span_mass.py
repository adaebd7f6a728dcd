"""Mass within spans: the share of attention at most so many frames away, `1/T sum_q sum_{|k-q| <= r} A[q,k]`."""

import numpy as np
import torch
from torch import Tensor

from otoscope.statistics.reference import attending_rows, distance
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats

RADII = (0, 1, 2, 5, 10, 20, 35, 50)  # frames


def value(reductions: RequiredReductions) -> Tensor:
    """Return the share of attention within each radius, `[H, len(RADII)]`."""
    histogram = reductions.offset_histogram
    distances = torch.arange(1 - reductions.length, reductions.length, device=histogram.device).abs()
    return torch.stack([histogram[:, distances <= radius].sum(-1) for radius in RADII], -1) / reductions.rows[:, None]


def reference(A: Floats) -> Floats:
    """Follow the definition on one map `A [T, T]`."""
    distances = distance(len(A))
    return np.array([A[distances <= radius].sum() for radius in RADII]) / attending_rows(A)


STATISTIC = Statistic(
    name="span_mass",
    doc="Share of a head's attention within so many frames of the query: what an attention span of that radius keeps.",
    units="1",
    source="span of Yang, Liu and Lee 2020 (arXiv 2006.03265), section 5",
    requires=frozenset({"offset_histogram"}),
    value=value,
    reference=reference,
    dims=("radius",),
    coords={"radius": np.array(RADII)},
)
