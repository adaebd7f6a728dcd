"""Own-run share: the share of the attention that stays within the query's own run of one phone, over all phones.

A run is an uninterrupted sequence of label frames with one phone. Undefined in utterances without labels.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from otoscope.statistics.builtin import own_run
from otoscope.statistics.builtin.relation import total_mass
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats, Ints


def value(reductions: RequiredReductions) -> Tensor:
    """Return the share of the attention between labelled frames in the query's run, `[H]`; NaN without labels.

    It is rounded to the precision of the model: the order of the sums depends on the number of phones of the corpus.
    """
    share_h = reductions.own_run_mass.sum(-1, dtype=torch.float64) / total_mass(reductions)
    return where_labelled(reductions, share_h.to(reductions.own_run_mass.dtype))


def where_labelled(reductions: RequiredReductions, value_h: Tensor) -> Tensor:
    """Return values `[H]`, or NaN in an utterance without labels."""
    return torch.where(torch.any(reductions.labels.phone_tr >= 0).to(value_h.device), value_h, torch.nan)


def reference(A: Floats, phone_tr: Ints, phones: Sequence[str]) -> float:
    """Sum `own_run` over the phones, for one map `A [T, T]` and the phone of every label frame, `[T, R]`."""
    return float(own_run.reference(A, phone_tr, phones).sum()) if (phone_tr >= 0).any() else np.nan


STATISTIC = Statistic(
    name="own_run_share",
    doc="Share of a head's attention within the query's own uninterrupted run of one phone, over all phones.",
    units="1",
    source="Shim, Choi and Sung 2022 (ICLR), the neighbours that they exclude",
    requires=frozenset({"label_mass", "own_run_mass", "labels"}),
    value=value,
    reference=reference,
    may_be_undefined=True,
)
