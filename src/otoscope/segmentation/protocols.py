"""Protocols by which boundaries are counted. The scores of two protocols cannot be compared.

| protocol | reference boundaries | a match |
|---|---|---|
| strict | every start and end of a label but the outermost two | one in the region of each reference (Räsänen 2009) |
| lenient | the same | any boundary within the tolerance, used any number of times |
| phone-metrics | closures joined to releases, silences joined, outer silences cut off, the edges of speech included | greedy, one to one |

The third is the protocol of the package phone-metrics (McIntosh, version 0.1.0), which the field's tables of 2026 use.
"""  # noqa: E501

from collections.abc import Sequence

import numpy as np

from otoscope.errors import InputError
from otoscope.phones import is_silence
from otoscope.phones.closures import join_closures
from otoscope.segmentation.boundaries import BoundaryCounts, count_boundaries, inner_boundaries
from otoscope.segmentation.grid_counts import strict_counts_of_rows
from otoscope.typing import Floats, Ints

PhoneSpan = tuple[str, float, float]
"""Symbol, start and end in seconds."""
STRICT, LENIENT, PHONE_METRICS = "strict", "lenient", "phone-metrics"
PROTOCOLS = (STRICT, LENIENT, PHONE_METRICS)
ONE_TO_ONE_ROUNDING = 1e-9
"""Seconds that phone-metrics adds to the tolerance."""


def check_protocol(protocol: str) -> None:
    """Raise InputError for an unknown protocol."""
    if protocol not in PROTOCOLS:
        raise InputError(f"expected the protocol {', '.join(PROTOCOLS)}, found {protocol}; correct --protocol")


def reference_boundaries(phones: Sequence[PhoneSpan], protocol: str) -> Floats:
    """Return the reference boundaries `[n]` of an utterance in seconds.

    Args:
        phones: symbol, start and end of each phone, in order.
        protocol: one of `PROTOCOLS`.

    Examples:
        >>> phones = [("h#", 0.0, 0.1), ("tcl", 0.1, 0.2), ("t", 0.2, 0.3), ("iy", 0.3, 0.5), ("h#", 0.5, 0.6)]
        >>> [reference_boundaries(phones, protocol).tolist() for protocol in ("strict", "phone-metrics")]
        [[0.1, 0.2, 0.3, 0.5], [0.1, 0.3, 0.5]]
    """
    if protocol != PHONE_METRICS:
        return inner_boundaries((start, end) for _, start, end in phones)
    speech = _without_outer_silence(_join_silences(join_closures(_with_gaps(phones))))
    return np.array([start for _, start, _ in speech] + [end for _, _, end in speech[-1:]])


def count_by_protocol(
    phones: Sequence[PhoneSpan], predicted: Floats, tolerance: float, protocol: str
) -> BoundaryCounts:
    """Count the predicted boundaries of one utterance by a protocol.

    Args:
        phones: symbol, start and end of each phone, in order.
        predicted: times `[m]` in seconds, ascending.
        tolerance: largest distance of a match in seconds.
        protocol: one of `PROTOCOLS`.

    Raises:
        InputError: as `count_boundaries`.

    Examples:
        >>> phones = [("h#", 0.0, 0.1), ("iy", 0.1, 0.2), ("s", 0.2, 0.4)]
        >>> count_by_protocol(phones, np.array([0.11, 0.39]), 0.020, "phone-metrics")
        BoundaryCounts(reference=3, predicted=2, hits=2, correct=2)
    """
    return _count(reference_boundaries(phones, protocol), predicted, tolerance, protocol)


def _count(reference: Floats, predicted: Floats, tolerance: float, protocol: str) -> BoundaryCounts:
    counts = count_boundaries(reference, predicted, tolerance, strict=protocol != LENIENT)
    if protocol != PHONE_METRICS:
        return counts
    hits, correct = (one_to_one(*pair, tolerance) for pair in ((predicted, reference), (reference, predicted)))
    return BoundaryCounts(counts.reference, counts.predicted, hits, correct)


def counts_of_rows(
    phones: Sequence[PhoneSpan], minima: tuple[Ints, Floats], n_rows: int, tolerance: float, protocol: str
) -> Ints:
    """Count the boundaries `[n_rows, count]` of many segmentations of one utterance by a protocol.

    Args:
        phones: symbol, start and end of each phone, in order.
        minima: row and time in seconds of each predicted boundary.
        n_rows: number of segmentations.
        tolerance: largest distance of a match in seconds.
        protocol: one of `PROTOCOLS`.
    """
    rows, times = minima
    reference = reference_boundaries(phones, protocol)
    if protocol == STRICT:
        return strict_counts_of_rows(reference, rows, times, n_rows, tolerance)
    counts = [_count(reference, times[rows == row], tolerance, protocol) for row in range(n_rows)]
    return np.array([(count.reference, count.predicted, count.hits, count.correct) for count in counts])


def one_to_one(targets: Floats, times: Floats, tolerance: float) -> int:
    """Count the `times` that get a target of their own: each, in order, takes the first free one within the tolerance.

    Both are ascending, so a target that is too early for one time is too early for all later ones.

    >>> one_to_one(np.array([0.1]), np.array([0.09, 0.11]), 0.020)
    1
    """
    waiting, matches, reach = targets.tolist(), 0, tolerance + ONE_TO_ONE_ROUNDING
    place = 0
    for time in times.tolist():
        while place < len(waiting) and time - waiting[place] > reach:
            place += 1
        if place < len(waiting) and waiting[place] - time <= reach:
            matches += 1
            place += 1
    return matches


def _with_gaps(phones: Sequence[PhoneSpan]) -> list[PhoneSpan]:
    """Return the phones with a silence in every gap between them."""
    filled: list[PhoneSpan] = []
    for phone in phones:
        if filled and phone[1] > filled[-1][2]:
            filled.append(("", filled[-1][2], phone[1]))
        filled.append(phone)
    return filled


def _join_silences(phones: Sequence[PhoneSpan]) -> list[PhoneSpan]:
    joined: list[PhoneSpan] = []
    for symbol, start, end in phones:
        if joined and is_silence(symbol) and is_silence(joined[-1][0]):
            start = joined.pop()[1]
        joined.append((symbol, start, end))
    return joined


def _without_outer_silence(phones: Sequence[PhoneSpan]) -> Sequence[PhoneSpan]:
    speech = [place for place, (symbol, _, _) in enumerate(phones) if not is_silence(symbol)]
    return phones[speech[0] : speech[-1] + 1] if speech else []
