"""The moment from which the times of an alignment count.

Lhotse counts them from the start of the recording, also in a cut of a part of it. Cuts of `read_corpus` count from
their own start, which a mark in the supervision states; it stays right when Lhotse trims, truncates or stretches the
cut.
"""

from typing import Any

from lhotse import MonoCut, SupervisionSegment

MARK = "otoscope_alignment_origin"


def origin_mark(start: float, recording_duration: float) -> dict[str, Any] | None:
    """Return the custom field of a supervision whose alignment counts from `start` (seconds in the recording).

    >>> origin_mark(0.0, 3.0) is None, origin_mark(1.25, 3.0)
    (True, {'otoscope_alignment_origin': [1.25, 3.0]})
    """
    return {MARK: [start, recording_duration]} if start else None


def alignment_origin(cut: MonoCut, supervision: SupervisionSegment) -> float:
    """Return the seconds in the recording at which the times of a supervision's alignment start.

    Args:
        cut: the cut of the supervision.
        supervision: a supervision of Lhotse, or of `read_corpus`.
    """
    mark = (supervision.custom or {}).get(MARK)
    if mark is None:
        return 0.0
    start, duration = mark
    return float(start * cut.recording.duration / duration)  # of a stretched recording, all times are stretched
