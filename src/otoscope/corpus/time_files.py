"""Labels and points in time as text that other programs read: TextGrid of Praat, and lines of CTM.

Sources: the manual of Praat, "TextGrid file formats" (the long form); the scoring toolkit of NIST, "CTM".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from otoscope.corpus.labels import ROUNDING, Interval
from otoscope.corpus.praat import INTERVALS, POINTS


@dataclass(frozen=True)
class IntervalTier:
    """A tier of intervals; the writer fills gaps with empty ones, as Praat requires.

    Attributes:
        name: name of the tier.
        intervals: labels in seconds, in order and apart.
    """

    name: str
    intervals: Sequence[Interval]

    def entries(self, seconds: float) -> list[list[str]]:
        """Return the lines of each interval."""
        return [
            [f"xmin = {start:.6f}", f"xmax = {end:.6f}", f"text = {_quoted(symbol)}"]
            for symbol, start, end in _without_gaps(self.intervals, seconds)
        ]


@dataclass(frozen=True)
class PointTier:
    """A tier of points.

    Attributes:
        name: name of the tier.
        points: time in seconds and mark of each point, in order.
    """

    name: str
    points: Sequence[tuple[float, str]]

    def entries(self, seconds: float) -> list[list[str]]:
        """Return the lines of each point."""
        return [[f"number = {time:.6f}", f"mark = {_quoted(mark)}"] for time, mark in self.points]


def text_grid(tiers: Sequence[IntervalTier | PointTier], seconds: float) -> str:
    """Return a TextGrid of a recording of some seconds.

    Examples:
        >>> print(text_grid([PointTier("clicks", [(0.5, "a")])], 1.0).splitlines()[-1].strip())
        mark = "a"
    """
    head = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {seconds:.6f}"]
    lines = [*head, "tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, tier in enumerate(tiers, start=1):
        kind, unit = (INTERVALS, "intervals") if isinstance(tier, IntervalTier) else (POINTS, "points")
        entries = tier.entries(seconds)
        lines += [f"    item [{number}]:", f'        class = "{kind}"', f"        name = {_quoted(tier.name)}"]
        lines += ["        xmin = 0", f"        xmax = {seconds:.6f}", f"        {unit}: size = {len(entries)}"]
        for place, entry in enumerate(entries, start=1):
            lines += [f"        {unit} [{place}]:", *(f"            {line}" for line in entry)]
    return "\n".join(lines) + "\n"


def ctm(recording: str, labels: Iterable[tuple[Interval, float | None]]) -> str:
    """Return a line for each label and its confidence: recording, channel, start, duration, symbol, confidence.

    A label without a confidence has no such column. CTM divides its columns at spaces, so `_` replaces the spaces of an
    id.

    Examples:
        >>> ctm("sa 1", [(Interval("oh", 0.5, 1.0), 0.9)])
        'sa_1 1 0.500 0.500 oh 0.900\\n'
    """
    name = "_".join(recording.split())
    return "".join(
        f"{name} 1 {start:.3f} {end - start:.3f} {symbol}{'' if confidence is None else f' {confidence:.3f}'}\n"
        for (symbol, start, end), confidence in labels
    )


def _without_gaps(intervals: Sequence[Interval], seconds: float) -> list[Interval]:
    """Return intervals from 0 to the end; neighbours that touch within `ROUNDING` share one time."""
    filled: list[Interval] = []
    time = 0.0
    for symbol, start, end in intervals:
        if start > time + ROUNDING:
            filled.append(Interval("", time, start))
            time = start
        filled.append(Interval(symbol, time, end))
        time = end
    if time + ROUNDING < seconds or not filled:
        filled.append(Interval("", time, seconds))
    return filled


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
