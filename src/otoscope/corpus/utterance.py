"""What a layout says of one utterance, and the cut it becomes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from lhotse import MonoCut, SupervisionSegment
from lhotse.supervision import AlignmentItem

from otoscope.corpus.alignment_origin import with_origin
from otoscope.corpus.labels import FRAME, MIN_SPAN, Interval, check_grid, fit_labels
from otoscope.corpus.recording import open_recording
from otoscope.corpus.speaker_metadata import supervision_fields
from otoscope.errors import InputError


@dataclass(frozen=True)
class Annotation:
    """What was said in one utterance; times are in seconds from its start.

    Attributes:
        text: words without times.
        phones: labels of phones.
        words: labels of words.
        grid: start and end that the label file states for all of its labels, which must be those of the audio; None if
            the format states none.
        problems: what is wrong with labels that could not be read.
        spans_audio: whether the format labels the whole audio, silence too, so that labels of early end are of other
            audio.
    """

    text: str | None = None
    phones: Sequence[Interval] = ()
    words: Sequence[Interval] = ()
    grid: tuple[float, float] | None = None
    problems: Sequence[str] = ()
    spans_audio: bool = False


SkippedPart = Literal["utterance", "labels", "file"]


class SkippedUtterance(NamedTuple):
    """A skipped utterance, a label that is not used, or an ignored file, and the reason.

    Attributes:
        id: id of the utterance, or name of the file.
        reason: what was expected and found, and what to do.
        part: what is skipped: "utterance", "labels" (the utterance is used without them) or "file".
    """

    id: str
    reason: str
    part: SkippedPart = "utterance"


class ReadCut(NamedTuple):
    """A cut, and what is wrong with those of its labels that were skipped."""

    cut: MonoCut
    problems: Sequence[str] = ()


def no_annotation(sampling_rate: int) -> Annotation:
    """Return the annotation of an utterance without labels."""
    return Annotation()


@dataclass(frozen=True)
class Utterance:
    """One utterance as its layout describes it; neither its audio nor its labels are opened yet.

    `audio` is None where the layout names no file. `annotation` is called with the audio's sampling rate (Hz).
    `span` is (start, end) in seconds within the audio, with end None for the end of the file. `metadata` is what the
    corpus states of the speaker, by the names of `SPEAKER_METADATA`.
    """

    id: str
    audio: Path | None
    speaker: str | None = None
    annotation: Callable[[int], Annotation] = no_annotation
    span: tuple[float, float | None] = (0.0, None)
    metadata: Mapping[str, str] = field(default_factory=dict)


def to_cut(utterance: Utterance, channel: int | None = None) -> ReadCut:
    """Open the audio's header and the labels, check both, and join them in one cut.

    Raises:
        InputError: the audio cannot be used, or the file of labels cannot be read.
    """
    if utterance.audio is None:
        raise InputError(f"{utterance.id}: no audio file belongs to this utterance; add it or remove the utterance")
    recording = open_recording(utterance.audio, utterance.id, channel)
    start, end = clip_segment(recording.duration, *utterance.span, utterance.id)
    duration = round(end - start, ndigits=8)
    annotation = utterance.annotation(recording.sampling_rate)
    alignment, problems = make_alignment(annotation, duration)
    about_speaker = supervision_fields(utterance.metadata)
    supervision = SupervisionSegment(
        id=utterance.id,
        recording_id=recording.id,
        start=0.0,
        duration=duration,
        channel=channel or 0,
        speaker=utterance.speaker,
        text=annotation.text or " ".join(word.symbol for word in annotation.words) or None,
        alignment=alignment,
        gender=about_speaker["gender"],
        custom=with_origin(about_speaker["custom"], start, recording.duration),
    )
    cut = MonoCut(utterance.id, start, duration, channel or 0, supervisions=[supervision], recording=recording)
    return ReadCut(cut, problems)


def make_alignment(annotation: Annotation, duration: float) -> tuple[dict[str, list[AlignmentItem]] | None, list[str]]:
    """Return phones and words as Lhotse stores them, in seconds from the start of the utterance, and their problems.

    Phones do not overlap; neighbouring words may, as in TIMIT, where they share a phone.

    Args:
        annotation: labels of the utterance.
        duration: seconds of the utterance.
    """
    last = max((label.end for label in annotation.phones or annotation.words), default=duration)
    if annotation.spans_audio and last < MIN_SPAN * duration:
        return None, [*annotation.problems, check_grid(0.0, last, duration) or ""]
    if annotation.grid and (problem := check_grid(*annotation.grid, duration)):
        return None, [*annotation.problems, problem]
    before = annotation.grid is not None and annotation.grid[0] < 0
    phones = fit_labels(annotation.phones, duration, may_start_before=before)
    words = fit_labels(annotation.words, duration, overlap=True, may_start_before=before)
    alignment = {
        kind: [_item(interval) for interval in fitted.intervals]
        for kind, fitted in (("phone", phones), ("word", words))
        if fitted.intervals
    }
    return alignment or None, [*annotation.problems, *phones.problems, *words.problems]


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
