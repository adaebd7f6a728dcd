"""Signed offset profile: how much attention goes how many frames ahead or back, `p(d) = 1/T sum_q A[q, q+d]`.

Keys outside the utterance count 0, so the profile sums to 1 over all d (`MAX_OFFSET` frames to each side are kept).
"""

import numpy as np
import torch
from torch import Tensor

from otoscope.statistics.reference import attending_rows
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats

MAX_OFFSET = 50  # frames


def value(reductions: RequiredReductions) -> Tensor:
    """Return the share of attention at key - query = -MAX_OFFSET ... MAX_OFFSET, `[H, 2 MAX_OFFSET + 1]`."""
    histogram = reductions.offset_histogram
    margin = MAX_OFFSET - (reductions.length - 1)
    profile = torch.nn.functional.pad(histogram, (margin, margin))
    return profile / reductions.rows[:, None]


def reference(A: Floats) -> Floats:
    """Follow the definition on one map `A [T, T]`."""
    profile = [np.trace(A, offset=d) if abs(d) < len(A) else 0.0 for d in range(-MAX_OFFSET, MAX_OFFSET + 1)]
    return np.array(profile) / attending_rows(A)


STATISTIC = Statistic(
    name="offset_profile",
    doc="Share of a head's attention at each signed distance (key minus query): shows the shift of diagonals.",
    units="1",
    source="signed form of diagonality, Yang, Liu and Lee 2020 (arXiv 2006.03265)",
    requires=frozenset({"offset_histogram"}),
    value=value,
    reference=reference,
    dims=("offset",),
    coords={"offset": np.arange(-MAX_OFFSET, MAX_OFFSET + 1)},
)
