"""Sinks in silence: the share of attention that goes to sinks where nobody speaks.

A frame counts by the share of its label frames that carry silence. Undefined where an utterance has no such frame.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from otoscope.attention.reductions import Reductions
from otoscope.statistics.builtin.sink_share import MULTIPLE, column_ratio
from otoscope.statistics.reference import attending_rows
from otoscope.statistics.statistic import Statistic

SILENCE = "sil"  # of the 39 phones


def of_phones(phones: Sequence[str]) -> Statistic | None:
    """The statistic for a corpus with these phones; None where silence is none of them."""
    if SILENCE not in phones:
        return None
    silence = list(phones).index(SILENCE)

    def value(r: Reductions) -> Tensor:
        """Share of attention that sinks in silence draw, `[H]`."""
        assert r.labels is not None
        share_ht = column_ratio(r)
        silent_t = (r.labels.phone_tr == silence).to(share_ht).mean(-1)
        return torch.where(silent_t.any(), share_ht @ silent_t, torch.nan)

    def reference(A: NDArray[np.float64], phone_tr: NDArray[np.int64], count: int) -> float:
        """The definition on one map `A [T, T]`, with the phone of every label frame, `[T, R]`."""
        share = A.sum(axis=0) / attending_rows(A)
        silent = [float(np.mean(phones == silence)) for phones in phone_tr]
        sinks = [part * quiet for part, quiet in zip(share, silent, strict=True) if part > MULTIPLE / len(A)]
        return float(sum(sinks)) if any(silent) else np.nan

    return Statistic(
        name="sink_silence_share",
        doc="Share of a head's attention that goes to sinks in silence; of utterances with labelled silence alone.",
        units="1",
        source="otoscope, beside sink_share",
        needs=frozenset({"column_sum", "labels"}),
        value=value,
        reference=reference,
        takes=frozenset({"labels"}),
        partial=True,
    )


STATISTIC_OF_PHONES = of_phones
