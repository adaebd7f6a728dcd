"""Own run: how much attention stays within the uninterrupted run of one phone that the query lies in.

Taken from the diagonal of the relations it leaves the phone attention without neighbours of Shim, Choi and Sung (ICLR
2022): keys of the query's own run are left out, rows are not normalised again.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from otoscope.attention.reductions import Reductions
from otoscope.statistics.reference import upsample
from otoscope.statistics.statistic import Statistic


def value(r: Reductions) -> Tensor:
    """Share of the attention between labelled frames that stays in the query's run, by phone, `[H, Y]`."""
    assert r.own_run_mass is not None
    assert r.label_mass is not None
    total = r.label_mass.sum((1, 2))[:, None]
    return r.own_run_mass / total.clamp(min=torch.finfo(total.dtype).tiny)


def reference(A: NDArray[np.float64], phone_tr: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Each query's sum over its own run on the up-sampled map of `A [T, T]`, phones as in `relation`."""
    fine, phone = upsample(A, phone_tr.shape[1]), phone_tr.ravel()
    own, labelled = np.zeros(count), phone >= 0
    for q in np.flatnonzero(labelled):
        first = last = q
        while first > 0 and phone[first - 1] == phone[q]:
            first -= 1
        while last < len(phone) - 1 and phone[last + 1] == phone[q]:
            last += 1
        own[phone[q]] += fine[q, first : last + 1].sum()
    return own / max(fine[np.ix_(labelled, labelled)].sum(), np.finfo(float).tiny)


def of_phones(phones: Sequence[str]) -> Statistic:
    """The statistic for a corpus with these phones."""
    return Statistic(
        name="own_run",
        doc="Share of a head's attention that stays within the query's own uninterrupted run of one phone.",
        units="1",
        source="Shim, Choi and Sung 2022 (ICLR), the neighbours that they leave out",
        needs=frozenset({"label_mass", "own_run_mass"}),
        value=value,
        reference=reference,
        dims=("phone",),
        coords={"phone": np.array(phones, dtype=object)},
        takes=frozenset({"labels"}),
    )


STATISTIC_OF_PHONES = of_phones
