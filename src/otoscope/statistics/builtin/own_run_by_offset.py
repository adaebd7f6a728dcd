"""Own run by offset: the own-run share of a map whose weights depend on the offset only.

That map is `B[q, q+d] = sum_q A[q, q+d] / (T - |d|)`, with the signed offset profile of `A`. A band around the diagonal
has the same own-run share as its `B`, however much of it that is. Attention that follows the borders of phones has a
larger one. Undefined in utterances without labels.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from otoscope.statistics.builtin import own_run_share
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats, Ints


def value(reductions: RequiredReductions) -> Tensor:
    """Return the own-run share of the map by offset, `[H]`; NaN without labels."""
    histogram, labels, T = reductions.offset_histogram, reductions.labels, reductions.length
    offsets = torch.arange(1 - T, T, device=histogram.device, dtype=histogram.dtype)
    weight_hj = histogram / (T - offsets.abs())
    own_h, all_h = (weight_hj @ pairs_j.to(weight_hj) for pairs_j in (labels.own_run_pairs_j, labels.labelled_pairs_j))
    share_h = own_h / all_h.clamp(min=torch.finfo(all_h.dtype).tiny)
    return own_run_share.where_labelled(reductions, share_h)


def reference(A: Floats, phone_tr: Ints, phones: Sequence[str]) -> float:
    """Follow the definition on one map `A [T, T]`, with the phone of every label frame, `[T, R]`."""
    T, by_offset = len(A), np.zeros_like(A)
    for d in range(1 - T, T):
        query = np.arange(max(0, -d), min(T, T - d))
        by_offset[query, query + d] = A[query, query + d].mean()
    return own_run_share.reference(by_offset, phone_tr, phones)


STATISTIC = Statistic(
    name="own_run_by_offset",
    doc="Share of attention within the query's own run of one phone that the offset profile alone would put there.",
    units="1",
    source="otoscope, for the shape of a head",
    requires=frozenset({"offset_histogram", "labels"}),
    value=value,
    reference=reference,
    may_be_undefined=True,
)
