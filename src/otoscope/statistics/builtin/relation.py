"""Phone relations: how much attention goes from each phone to each phone, `1/T sum_q sum_k 1(y_q=m) 1(y_k=n) A[q,k]`.

Labels lie on a finer grid than the frames of a model: every frame covers R label frames. The method moves the map to
the label grid, each weight repeated R times in both directions, and normalises its rows again: `A' = A[q // R, k // R]
/ R` on `T' = R T` frames. With `W[t, y]` the number of label frames of frame t that carry phone y, the sum over A' is
`1/T' sum_q' sum_k' ... A'[q',k'] = 1/(R T) (W^T A W) / R = 1/T (S^T A S)` for the shares `S = W / R`: the up-sampled
map is never needed, for any R.

Label frames without a phone are left out as queries and as keys; what stays is divided by its sum (which is T where
every frame has its phone), so that the relations of an utterance sum to 1.
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
    """Share of the attention between labelled frames, by phone of query and key, `[H, Y, Y]`; 0 without labels."""
    assert r.label_mass is not None
    total = r.label_mass.sum((1, 2), keepdim=True)
    return r.label_mass / total.clamp(min=torch.finfo(total.dtype).tiny)


def reference(A: NDArray[np.float64], phone_tr: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """The double sum over the up-sampled map of `A [T, T]`, with the phone of every label frame, `[T, R]`."""
    fine, phone = upsample(A, phone_tr.shape[1]), phone_tr.ravel()
    phones = range(count)
    mass = np.array([[fine[np.ix_(phone == m, phone == n)].sum() for n in phones] for m in phones])
    return mass / max(mass.sum(), np.finfo(float).tiny)


def of_phones(phones: Sequence[str]) -> Statistic:
    """The statistic for a corpus with these phones."""
    names = np.array(phones, dtype=object)
    return Statistic(
        name="relation",
        doc="Share of a head's attention that goes from frames of one phone to frames of one phone.",
        units="1",
        source="Yang, Liu and Lee 2020 (arXiv 2006.03265), with its erratum",
        needs=frozenset({"label_mass"}),
        value=value,
        reference=reference,
        dims=("query_phone", "key_phone"),
        coords={"query_phone": names, "key_phone": names},
        takes=frozenset({"labels"}),
    )


STATISTIC_OF_PHONES = of_phones
