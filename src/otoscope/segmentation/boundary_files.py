"""Files of boundaries: TextGrid of Praat, CTM, CSV and JSON. Every file names the protocol that it was tuned for."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otoscope._io.atomic import atomic_write, make_folder
from otoscope.corpus.labels import Interval
from otoscope.corpus.time_files import IntervalTier, PointTier, ctm, text_grid
from otoscope.segmentation.score_sum import Boundaries

Origin = Mapping[str, Any]
"""Model, protocol and tolerance of a segmenter."""
SEGMENTS = "segments"


@dataclass(frozen=True, eq=False)
class RecordedBoundaries:
    """Boundaries of one recording.

    Attributes:
        id: id of the recording; a file has this name, and `/` makes folders.
        seconds: duration.
        methods: boundaries of each method.
        best: name of the method that divides the recording into segments.
        labels: symbol, start and end of each unit, if the recording has labels.
        tier: name of the labels' tier.
    """

    id: str
    seconds: float
    methods: Mapping[str, Boundaries]
    best: str
    labels: Sequence[tuple[str, float, float]] = ()
    tier: str = "phones"

    @property
    def spans(self) -> list[tuple[float, float]]:
        """Return start and end of each segment of the best method."""
        inner = [time for time in self.methods[self.best].times.tolist() if 0 < time < self.seconds]
        return list(zip([0.0, *inner], [*inner, self.seconds], strict=True))


def to_textgrid(record: RecordedBoundaries, origin: Origin) -> str:
    """Return a TextGrid: the labels, the segments of the best method, and a tier of points for each method.

    The label of a point is the confidence of the boundary. The name of a tier has the protocol.
    """
    labels = {record.tier: [Interval(*label) for label in record.labels]} if record.labels else {}
    labels[SEGMENTS] = [Interval("", *span) for span in record.spans]
    tiers: list[IntervalTier | PointTier] = [IntervalTier(name, intervals) for name, intervals in labels.items()]
    for name, boundaries in record.methods.items():
        points = [(time, f"{depth:.3f}") for time, depth in _pairs(boundaries, record.seconds)]
        tiers.append(PointTier(f"{name} ({origin['protocol']})", points))
    return text_grid(tiers, record.seconds)


def to_ctm(record: RecordedBoundaries, origin: Origin) -> str:
    """Return the segments of the best method in the form of CTM: id, channel, start, duration, symbol, confidence."""
    confidences = [1.0, *(depth for _, depth in _pairs(record.methods[record.best], record.seconds))]
    segments = [Interval("segment", *span) for span in record.spans]
    comment = f";; {record.best}, tuned for the protocol {origin['protocol']}\n"
    return comment + ctm(record.id, zip(segments, confidences, strict=True))


def to_csv(record: RecordedBoundaries, origin: Origin) -> str:
    """Return a table with a row for each boundary of each method."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["recording", "method", "protocol", "time", "confidence"])
    for name, boundaries in record.methods.items():
        for time, depth in _pairs(boundaries, record.seconds):
            writer.writerow([record.id, name, origin["protocol"], f"{time:.6f}", f"{depth:.4f}"])
    return text.getvalue()


def to_json(record: RecordedBoundaries, origin: Origin) -> str:
    """Return an object with the boundaries of each method, the model and the protocol."""
    methods = {
        name: [
            {"time": round(time, 6), "confidence": round(depth, 4)}
            for time, depth in _pairs(boundaries, record.seconds)
        ]
        for name, boundaries in record.methods.items()
    }
    about = {name: origin[name] for name in ("model", "protocol", "tolerance")}
    content = {"recording": record.id, "seconds": record.seconds, "best": record.best, **about, "methods": methods}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


WRITERS: Mapping[str, tuple[str, Callable[[RecordedBoundaries, Origin], str]]] = {
    "textgrid": (".TextGrid", to_textgrid),
    "ctm": (".ctm", to_ctm),
    "csv": (".csv", to_csv),
    "json": (".json", to_json),
}
"""Ending and text of each of `FORMS`."""


def record_path(folder: Path, id: str, form: str) -> Path:
    """Return the file of a recording in a folder; its id never leads out of the folder.

    >>> record_path(Path("out"), "../a/b", "ctm").as_posix()
    'out/a/b.ctm'
    """
    parts = [part for part in id.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return folder.joinpath(*parts[:-1], (parts[-1] if parts else "recording") + WRITERS[form][0])


def write_record(record: RecordedBoundaries, folder: Path, form: str, origin: Origin) -> Path:
    """Write one file of a recording, whole or not at all, and return its path.

    Raises:
        InputError: the disk is full, or the folder cannot be written.
    """
    path = record_path(folder, record.id, form)
    make_folder(path.parent)
    with atomic_write(path) as partial:
        partial.write_text(WRITERS[form][1](record, origin), encoding="utf-8")
    return path


def _pairs(boundaries: Boundaries, seconds: float) -> list[tuple[float, float]]:
    """Return time and confidence of each boundary within the recording."""
    pairs = zip(boundaries.times.tolist(), boundaries.confidences.tolist(), strict=True)
    return [(time, depth) for time, depth in pairs if 0 < time < seconds]
