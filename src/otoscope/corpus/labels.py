"""Checks of time labels: in order, apart, and within the audio."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from otoscope.errors import InputError

FRAME = 0.01
"""Seconds that a label may reach past the audio's end (real corpora are a sample off); that much is clipped."""

ROUNDING = 1e-6
"""Seconds by which neighbours may touch without overlapping: label files are written in decimals."""


class Interval(NamedTuple):
    """One label: a symbol from `start` to `end`, in seconds from the start of the utterance."""

    symbol: str
    start: float
    end: float

    def __str__(self) -> str:
        """As messages show it."""
        return f"'{self.symbol}' ({self.start:.3f} to {self.end:.3f} s)"


def fit_labels(intervals: Sequence[Interval], duration: float, what: str, overlap: bool = False) -> list[Interval]:
    """Return labels in order of time, clipped to `duration` (seconds); gaps between labels are allowed.

    `what` names the labels in error messages. Neighbouring words may share a phone: `overlap` allows that.

    Raises:
        InputError: a label has no length, begins before 0, ends more than one 10 ms frame after the audio, or overlaps
            its neighbour.

    >>> fit_labels([Interval("b", 0.5, 1.004), Interval("a", 0.0, 0.5)], duration=1.0, what="phone labels of u1")
    [Interval(symbol='a', start=0.0, end=0.5), Interval(symbol='b', start=0.5, end=1.0)]
    """
    ordered = sorted(intervals, key=lambda interval: (interval.start, interval.end))
    for interval in ordered:
        _check_interval(interval, duration, what)
    if not overlap:
        _check_apart(ordered, what)
    clipped = (interval._replace(end=min(interval.end, duration)) for interval in ordered)
    return [interval for interval in clipped if interval.end > interval.start]


def _check_interval(interval: Interval, duration: float, what: str) -> None:
    if interval.start < 0 or not interval.end > interval.start:
        raise InputError(f"{what}: expected labels that start at 0 or later and end after they start, got {interval}")
    if interval.end > duration + FRAME + ROUNDING:
        raise InputError(
            f"{what}: expected labels within the audio's {duration:.3f} s, got {interval}; "
            "check that labels and audio belong together"
        )


def _check_apart(ordered: Sequence[Interval], what: str) -> None:
    for before, after in pairwise(ordered):
        if after.start < before.end - ROUNDING:
            raise InputError(
                f"{what}: expected labels that do not overlap, got {before} and {after}; correct the labels"
            )
