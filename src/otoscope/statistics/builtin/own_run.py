"""Own run: the share of the attention that stays within the run of one phone in which the query is.

A run is an uninterrupted sequence of label frames with one phone. If this share is subtracted from the diagonal of the
relations, the rest is the phone attention without neighbours of Shim, Choi and Sung (ICLR 2022): keys of the query's
own run are excluded, rows are not normalised again.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from otoscope.statistics.builtin.relation import total_mass
from otoscope.statistics.reference import upsample
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats, Ints


def value(reductions: RequiredReductions) -> Tensor:
    """Return the share of the attention between labelled frames that stays in the query's run, by phone, `[H, Y]`."""
    return reductions.own_run_mass / total_mass(reductions)[:, None]


def reference(A: Floats, phone_tr: Ints, phones: Sequence[str]) -> Floats:
    """Sum each query over its own run on the up-sampled map of `A [T, T]`, with phones as in `relation`."""
    fine, phone = upsample(A, phone_tr.shape[1]), phone_tr.ravel()
    own, labelled = np.zeros(len(phones)), phone >= 0
    for q in np.flatnonzero(labelled):
        first = last = q
        while first > 0 and phone[first - 1] == phone[q]:
            first -= 1
        while last < len(phone) - 1 and phone[last + 1] == phone[q]:
            last += 1
        own[phone[q]] += fine[q, first : last + 1].sum()
    return own / max(fine[np.ix_(labelled, labelled)].sum(), np.finfo(float).tiny)


STATISTIC = Statistic(
    name="own_run",
    doc="Share of a head's attention that stays within the query's own uninterrupted run of one phone.",
    units="1",
    source="Shim, Choi and Sung 2022 (ICLR), the neighbours that they exclude",
    requires=frozenset({"label_mass", "own_run_mass"}),
    value=value,
    reference=reference,
    dims=("phone",),
)
