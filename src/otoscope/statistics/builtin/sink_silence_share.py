"""Sinks in silence: the share of attention that goes to sinks in frames of silence.

A frame counts by the share of its label frames that carry silence. Undefined in utterances without silence.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from otoscope.statistics.builtin.sink_share import MULTIPLE, sink_share_by_frame
from otoscope.statistics.reference import attending_rows
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats, Ints

SILENCE = "sil"  # of the 39 phones


def value(reductions: RequiredReductions) -> Tensor:
    """Return the share of attention on sinks in silence, `[H]`; NaN in an utterance without silence."""
    share_ht = sink_share_by_frame(reductions)
    is_silent_tr = reductions.labels.phone_tr == reductions.phones.index(SILENCE)
    silence_t = is_silent_tr.to(share_ht).mean(-1)
    return torch.where(silence_t.any(), share_ht @ silence_t, torch.nan)


def reference(A: Floats, phone_tr: Ints, phones: Sequence[str]) -> float:
    """Follow the definition on one map `A [T, T]`, with the phone of every label frame, `[T, R]`."""
    column_t = A.sum(axis=0) / attending_rows(A)
    silence_t = [float(np.mean(phone_r == phones.index(SILENCE))) for phone_r in phone_tr]
    sinks = [
        column * silence for column, silence in zip(column_t, silence_t, strict=True) if column > MULTIPLE / len(A)
    ]
    return float(sum(sinks)) if any(silence_t) else np.nan


STATISTIC = Statistic(
    name="sink_silence_share",
    doc="Share of a head's attention that goes to sinks in silence; only of utterances with labelled silence.",
    units="1",
    source="otoscope, in addition to sink_share",
    requires=frozenset({"column_sum", "labels"}),
    value=value,
    reference=reference,
    required_phones=frozenset({SILENCE}),
    may_be_undefined=True,
)
