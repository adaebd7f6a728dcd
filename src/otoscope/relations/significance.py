"""Which operations heads perform: with enough support, and with the false discovery rate controlled over a run.

An operation is tested for every head against both of its bounds: whether the head attends to the target more than
`attends` times, or less than `avoids` times, as much as uniform attention does. Targets with too little speech
are not tested. The others are corrected together, over all heads and operations of the run (Benjamini and Hochberg
1995).

Axes: l layer, h head, o operation, d direction (attends, avoids), y phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from otoscope.relations.operations import SILENCE, SILENCE_TO_SILENCE, operations
from otoscope.relations.options import RelationOptions
from otoscope.statistics.correction import fdr
from otoscope.typing import AnyFloats, Array, Bools, Ints

DIRECTIONS = ("attends", "avoids")
ATTENDS, NEITHER, AVOIDS = 1, 0, -1
"""Values of the variable `operation_performed`."""


@dataclass(frozen=True, eq=False)
class PhoneSupport:
    """How much speech a corpus has of each phone, `[y]`: label frames, utterances, and speakers (0 if unknown)."""

    frames: Ints
    utterances: Ints
    speakers: Ints

    def select(self, options: RelationOptions) -> Bools:
        """Return the phones with enough speech, `[y]`."""
        return _has_support(self, self.frames, options)

    @property
    def requires_speakers(self) -> bool:
        """Return whether some phone has at least two speakers: then the least number of speakers applies."""
        return bool(self.speakers.max(initial=0) > 1)


def frame_counts(phone: Ints, count: int) -> Ints:
    """Return the number of label frames of each of `count` phones, from the phone of every label frame, -1 without."""
    return np.bincount(phone[phone >= 0].ravel(), minlength=count)


def supported_operations(support: PhoneSupport, phones: Sequence[str], options: RelationOptions) -> Bools:
    """Return the operations whose target has enough speech, `[o]`; those without a fixed set of phones always count.

    The phones of a target count together for the frames; for utterances and speakers, its most widespread phone counts.
    """
    is_supported = []
    for operation in operations(phones):
        keys = list(operation.keys)
        if operation == SILENCE_TO_SILENCE:
            keys = [place for place, symbol in enumerate(phones) if symbol == SILENCE]
        elif not keys:
            is_supported.append(True)
            continue
        together = PhoneSupport(
            np.array([support.frames[keys].sum()]),
            np.array([support.utterances[keys].max(initial=0)]),
            np.array([support.speakers[keys].max(initial=0)]),
        )
        is_supported.append(bool(_has_support(together, support.frames, options, support.requires_speakers)[0]))
    return np.array(is_supported)


def performed_operations(p_lhod: AnyFloats, supported_o: Bools, rate: float) -> Ints:
    """Return which operations heads perform, `[l, h, o]`: `ATTENDS`, `AVOIDS` or `NEITHER`.

    Args:
        p_lhod: one-sided p-values of both directions; NaN without a test.
        supported_o: operations whose target has enough speech.
        rate: false discovery rate over all tests of the run.

    >>> p = np.array([[[[1e-4, 1.0], [0.03, 1.0], [0.9, 0.04]]]])
    >>> performed_operations(p, np.array([True, True, True]), 0.05).tolist()
    [[[1, 0, 0]]]
    """
    is_significant = fdr(np.where(supported_o[:, None], p_lhod, np.nan)) <= rate
    return np.where(is_significant[..., 0], ATTENDS, np.where(is_significant[..., 1], AVOIDS, NEITHER)).astype(np.int64)


def performed_in(dataset: xr.Dataset, options: RelationOptions) -> Ints:
    """Return which operations the heads of a run perform, `[l, h, o]`, by the support and the rate of `options`."""
    supported = supported_in(dataset, options)
    return performed_operations(dataset["operation_p"].values, supported, options.false_discovery_rate)


def num_tests(dataset: xr.Dataset, options: RelationOptions) -> int:
    """Return the number of tests that the false discovery rate of a run is controlled over."""
    return int(np.isfinite(dataset["operation_p"].values[:, :, supported_in(dataset, options)]).sum())


def supported_in(dataset: xr.Dataset, options: RelationOptions) -> Bools:
    """Return the operations of a run whose target has enough speech, `[o]`."""
    phones = [str(symbol) for symbol in dataset["key_phone"].values]
    return supported_operations(support_in(dataset), phones, options)


def support_in(dataset: xr.Dataset) -> PhoneSupport:
    """Return the support of the phones of a run."""
    return PhoneSupport(*(dataset[f"phone_{name}"].values for name in ("frames", "utterances", "speakers")))


def one_sided(p_two_sided: AnyFloats, is_beyond: Array) -> AnyFloats:
    """Return the one-sided p-values of two-sided ones, from whether the value is beyond the bound."""
    return np.where(is_beyond, p_two_sided / 2, 1 - p_two_sided / 2)


def _has_support(part: PhoneSupport, all_frames: Ints, options: RelationOptions, requires: bool | None = None) -> Bools:
    requires_speakers = part.requires_speakers if requires is None else requires
    is_frequent = part.frames >= options.min_share * max(all_frames.sum(), 1)
    is_frequent &= (part.utterances >= options.min_utterances) & (part.frames > 0)
    return np.asarray(is_frequent & (part.speakers >= options.min_speakers) if requires_speakers else is_frequent)
