"""Long utterances as overlapping windows, each an utterance of its own."""

import math
from collections.abc import Iterable, Iterator

from lhotse import MonoCut, SupervisionSegment
from lhotse.supervision import AlignmentItem
from lhotse.utils import fastcopy

from otoscope.corpus.alignment_origin import alignment_origin, with_origin
from otoscope.errors import InputError

OVERLAP = 0.25  # of a window, at least, with the one before
SHORTEST = 1.0  # seconds


def windowed(cuts: Iterable[MonoCut], seconds: float | None) -> list[MonoCut]:
    """Return the cuts, those longer than `seconds` as windows of that length, named `id@start` (in seconds).

    Windows of a cut are spaced evenly from its start to its end, and overlap by a quarter of their length or a little
    more. Labels are those within the window, cut at its edges. None leaves every cut whole.

    Raises:
        InputError: a window is shorter than a second.
    """
    return list(cuts) if seconds is None else list(iter_windows(cuts, seconds))


def iter_windows(cuts: Iterable[MonoCut], seconds: float) -> Iterator[MonoCut]:
    """Return an iterator over the cuts of `windowed`, which are made one after the other.

    Raises:
        InputError: a window is shorter than a second.
    """
    if not SHORTEST <= seconds < math.inf:
        raise InputError(f"expected windows of at least {SHORTEST:g} s, got {seconds:g}; a model needs some context")
    return (window for cut in cuts for window in (_windows(cut, seconds) if cut.duration > seconds else [cut]))


def _windows(cut: MonoCut, seconds: float) -> Iterator[MonoCut]:
    rate = cut.sampling_rate
    last = cut.duration - seconds
    steps = math.ceil(last / (seconds * (1 - OVERLAP)))
    for step in range(steps + 1):
        start = round(last * step / steps * rate) / rate
        length = min(seconds, cut.duration - start)
        window = fastcopy(cut, id=f"{cut.id}@{start:.2f}", start=cut.start + start, duration=length)
        yield fastcopy(window, supervisions=[_within(window, supervision, cut) for supervision in cut.supervisions])


def _within(window: MonoCut, supervision: SupervisionSegment, cut: MonoCut) -> SupervisionSegment:
    """Return a supervision of a cut as one of a window, without its text: it is unknown which words are in it."""
    shift = window.start - alignment_origin(cut, supervision)
    tiers = {tier: list(_items(items, shift, window.duration)) for tier, items in (supervision.alignment or {}).items()}
    custom = with_origin(supervision.custom, window.start, cut.recording.duration)
    return fastcopy(supervision, start=0.0, duration=window.duration, text=None, alignment=tiers or None, custom=custom)


def _items(items: Iterable[AlignmentItem], start: float, length: float) -> Iterator[AlignmentItem]:
    for item in items:
        first, last = max(item.start - start, 0.0), min(item.end - start, length)
        if last > first:
            yield item._replace(start=first, duration=last - first)
