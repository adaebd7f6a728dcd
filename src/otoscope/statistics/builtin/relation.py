"""Phone relations: the share of attention from each phone to each phone, `1/T sum_q sum_k 1(y_q=m) 1(y_k=n) A[q,k]`.

Labels have a finer grid than the frames of a model: every frame covers R label frames. The method moves the map to the
label grid: it repeats each weight R times in both directions and normalises the rows again, `A' = A[q // R, k // R] /
R` on `T' = R T` frames. Let `W[t, y]` be the number of label frames of frame t that carry phone y. The sum over A' is
`1/T' sum_q' sum_k' ... A'[q',k'] = 1/(R T) (W^T A W) / R = 1/T (S^T A S)` for the shares `S = W / R`. The up-sampled
map is therefore never needed, for any R.

Label frames without a phone are excluded as queries and as keys. The rest is divided by its sum (T if every frame has
a phone), so the relations of an utterance sum to 1.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from otoscope.statistics.reference import upsample
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats, Ints


def value(reductions: RequiredReductions) -> Tensor:
    """Return the share of the attention between labelled frames, by phone, `[H, Y, Y]` (query, key); 0 without any."""
    return reductions.label_mass / total_mass(reductions)[:, None, None]


def total_mass(reductions: RequiredReductions) -> Tensor:
    """Return the attention between labelled frames, `[H]`, in double precision; above 0.

    In single precision the number of phones of the corpus would change the last bits: phones without frames are zeros
    in the sum, and the order of a sum depends on its length.
    """
    return reductions.label_mass.sum((1, 2), dtype=torch.float64).clamp(min=torch.finfo(torch.float32).tiny)


def reference(A: Floats, phone_tr: Ints, phones: Sequence[str]) -> Floats:
    """Compute the double sum over the up-sampled map of `A [T, T]`, with the phone of every label frame, `[T, R]`."""
    fine, phone = upsample(A, phone_tr.shape[1]), phone_tr.ravel()
    numbers = range(len(phones))
    mass = np.array([[fine[np.ix_(phone == m, phone == n)].sum() for n in numbers] for m in numbers])
    return mass / max(mass.sum(), np.finfo(float).tiny)


STATISTIC = Statistic(
    name="relation",
    doc="Share of a head's attention that goes from frames of one phone to frames of one phone.",
    units="1",
    source="Yang, Liu and Lee 2020 (arXiv 2006.03265), with its erratum",
    requires=frozenset({"label_mass"}),
    value=value,
    reference=reference,
    dims=("query_phone", "key_phone"),
)
