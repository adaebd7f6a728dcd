"""Checks of time labels: in order, apart, and of the audio next to them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

FRAME = 0.01
"""Seconds that a label may reach past the audio's end (real corpora are a sample off); that much is clipped."""

ROUNDING = 1e-6
"""Seconds by which neighbours may touch without overlapping: label files are written in decimals."""

MIN_SPAN = 0.75
"""Share of the audio that labels reach at least, in a format that labels all of it."""

GRID_TOLERANCE = 0.05
"""Seconds from the start and the end of the audio to those of its grid of labels; a grid may start before the audio."""


class Interval(NamedTuple):
    """One label: a symbol from `start` to `end`, in seconds from the start of the utterance."""

    symbol: str
    start: float
    end: float

    def __str__(self) -> str:
        """Return the text that messages show."""
        return f"'{self.symbol}' ({self.start:.3f} to {self.end:.3f} s)"


class FittedLabels(NamedTuple):
    """The labels of an utterance that can be used, and what is wrong with the others."""

    intervals: list[Interval]
    problems: list[str]


def check_grid(start: float, end: float, duration: float) -> str | None:
    """Return why a grid of labels cannot belong to audio of some seconds, or None.

    >>> check_grid(0.0, 1.0, 3.0)
    'expected labels from the start to the end of the audio at 3.000 s, found labels from 0.000 to 1.000 s; check that they belong together'
    >>> check_grid(-0.1, 1.0, 1.0) is None
    True
    """  # noqa: E501
    if start < end and start <= GRID_TOLERANCE and abs(end - duration) <= GRID_TOLERANCE:
        return None
    return (
        f"expected labels from the start to the end of the audio at {duration:.3f} s, "
        f"found labels from {start:.3f} to {end:.3f} s; check that they belong together"
    )


def fit_labels(
    intervals: Sequence[Interval], duration: float, *, overlap: bool = False, may_start_before: bool = False
) -> FittedLabels:
    """Return labels in order of time, clipped to the audio; gaps between labels are allowed.

    A label without a symbol or a length, before the audio, or over its neighbour is skipped. If a label ends more than
    one frame of 10 ms after the audio, all are of other audio, and none is used.

    Args:
        intervals: labels in seconds from the start of the utterance.
        duration: seconds of the utterance.
        overlap: whether neighbours may overlap, as words that share a phone.
        may_start_before: whether labels that start before the audio are clipped.

    >>> fit_labels([Interval("b", 0.5, 1.004), Interval("a", 0.0, 0.5)], duration=1.0).intervals
    [Interval(symbol='a', start=0.0, end=0.5), Interval(symbol='b', start=0.5, end=1.0)]
    """
    ordered = sorted(intervals, key=lambda interval: (interval.start, interval.end))
    outside = [interval for interval in ordered if interval.end > duration + FRAME + ROUNDING]
    if outside:
        return FittedLabels([], [_outside(outside[-1], duration)])
    problems: list[str] = []
    fitted = list(_usable(ordered, problems, overlap, may_start_before))
    clipped = (Interval(item.symbol, max(item.start, 0.0), min(item.end, duration)) for item in fitted)
    return FittedLabels([item for item in clipped if item.end > item.start], problems)


def _usable(
    ordered: Sequence[Interval], problems: list[str], overlap: bool, may_start_before: bool
) -> Iterator[Interval]:
    before: Interval | None = None
    for interval in ordered:
        if not interval.symbol:
            problems.append(f"expected a symbol, found an empty label ({interval.start:.3f} to {interval.end:.3f} s)")
        elif not interval.end > interval.start or (interval.start < 0 and not may_start_before):
            problems.append(f"expected labels that start at 0 or later and end after they start, found {interval}")
        elif before and not overlap and interval.start < before.end - ROUNDING:
            problems.append(f"expected labels that do not overlap, found {interval} over {before}")
        else:
            before = interval
            yield interval


def _outside(interval: Interval, duration: float) -> str:
    return (
        f"expected labels within the audio's {duration:.3f} s, found {interval}; "
        "check that labels and audio belong together"
    )
