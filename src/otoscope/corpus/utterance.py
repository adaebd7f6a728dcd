"""What a layout says of one utterance, and the cut it becomes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lhotse import MonoCut, SupervisionSegment
from lhotse.supervision import AlignmentItem

from otoscope.corpus.labels import FRAME, Interval, fit_labels
from otoscope.corpus.recording import open_recording
from otoscope.errors import InputError


@dataclass(frozen=True)
class Annotation:
    """What was said in one utterance; times are in seconds from its start."""

    text: str | None = None
    phones: Sequence[Interval] = ()
    words: Sequence[Interval] = ()


def no_annotation(sampling_rate: int) -> Annotation:
    """The annotation of an utterance that has none."""
    return Annotation()


@dataclass(frozen=True)
class Utterance:
    """One utterance as its layout describes it; neither its audio nor its labels are opened yet.

    `audio` is None where the layout names no file. `annotation` is called with the audio's sampling rate (Hz).
    `span` is (start, end) in seconds within the audio, with end None for the end of the file.
    """

    id: str
    audio: Path | None
    speaker: str | None = None
    annotation: Callable[[int], Annotation] = no_annotation
    span: tuple[float, float | None] = (0.0, None)


def to_cut(utterance: Utterance, channel: int | None = None) -> MonoCut:
    """Open the audio's header and the labels, check both, and join them in one cut.

    Raises `InputError` where the audio or the labels cannot be used.
    """
    if utterance.audio is None:
        raise InputError(f"{utterance.id}: no audio file belongs to this utterance; add it or remove the utterance")
    recording = open_recording(utterance.audio, utterance.id, channel)
    start, end = clip_segment(recording.duration, *utterance.span, utterance.id)
    duration = round(end - start, ndigits=8)
    annotation = utterance.annotation(recording.sampling_rate)
    supervision = SupervisionSegment(
        id=utterance.id,
        recording_id=recording.id,
        start=0.0,
        duration=duration,
        channel=channel or 0,
        speaker=utterance.speaker,
        text=annotation.text or " ".join(word.symbol for word in annotation.words) or None,
        alignment=make_alignment(annotation, duration, utterance.id),
    )
    return MonoCut(utterance.id, start, duration, channel or 0, supervisions=[supervision], recording=recording)


def make_alignment(annotation: Annotation, duration: float, id: str) -> dict[str, list[AlignmentItem]] | None:
    """Phones and words checked against the utterance's `duration` (seconds), as Lhotse keeps them; None without any.

    Phones do not overlap; neighbouring words may, as in TIMIT, where they share a phone.
    """
    fitted = {
        "phone": fit_labels(annotation.phones, duration, f"phones of {id}"),
        "word": fit_labels(annotation.words, duration, f"words of {id}", overlap=True),
    }
    return {
        kind: [_item(interval) for interval in intervals] for kind, intervals in fitted.items() if intervals
    } or None


def _item(label: Interval) -> AlignmentItem:
    return AlignmentItem(label.symbol, label.start, round(label.end - label.start, ndigits=8))


def clip_segment(duration: float, start: float, end: float | None, id: str) -> tuple[float, float]:
    """The part of `duration` seconds from `start` to `end` (None: all the rest); up to one frame beyond is clipped."""
    end = duration if end is None else end
    if not -FRAME <= start < min(end, duration) or end > duration + FRAME:
        raise InputError(
            f"{id}: expected a segment within its {duration:.3f} s of audio, got {start:.3f} to {end:.3f} s; correct it"
        )
    return max(start, 0.0), min(end, duration)
