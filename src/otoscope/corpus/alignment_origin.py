"""The moment from which the times of an alignment count.

Lhotse counts them from the start of the recording, also in a cut of a part of it. Cuts of `read_corpus` count from
their own start, which a mark in the supervision states; it stays right when Lhotse trims, truncates or stretches the
cut.
"""

from collections.abc import Mapping
from typing import Any

from lhotse import MonoCut, SupervisionSegment

MARK = "otoscope_alignment_origin"


def with_origin(custom: Mapping[str, Any] | None, start: float, recording_duration: float) -> dict[str, Any] | None:
    """Return the custom fields of a supervision whose alignment counts from `start` (seconds in the recording).

    A mark of an earlier alignment is replaced.

    >>> with_origin({"otoscope_alignment_origin": [2.0, 3.0]}, 0.0, 3.0) is None
    True
    >>> with_origin({"age": 30}, 1.25, 3.0)
    {'age': 30, 'otoscope_alignment_origin': [1.25, 3.0]}
    """
    others = {key: value for key, value in (custom or {}).items() if key != MARK}
    return {**others, **({MARK: [start, recording_duration]} if start else {})} or None


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
