"""What a layout says of one utterance, and the cut it becomes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lhotse import MonoCut, Recording, SupervisionSegment
from lhotse.supervision import AlignmentItem

from otoscope.corpus.labels import Interval, fit_labels
from otoscope.corpus.recording import open_recording
from otoscope.errors import BadInput

Labels = Mapping[str, Sequence[Interval]]
"""Intervals in seconds from the start of the utterance, by kind: `phone`, `word`."""


def no_labels(sampling_rate: int) -> Labels:
    """The labels of an utterance that has none."""
    return {}


@dataclass(frozen=True)
class Utterance:
    """One utterance as its layout describes it; neither its audio nor its labels are opened yet.

    `labels` is called with the sampling rate (Hz) of the audio. `span` is (start, end) in seconds within the audio file,
    with end None for the end of the file.
    """

    id: str
    audio: Path
    speaker: str | None = None
    text: str | None = None
    labels: Callable[[int], Labels] = no_labels
    span: tuple[float, float | None] = (0.0, None)


def to_cut(utterance: Utterance, channel: int | None = None) -> MonoCut:
    """Open the audio's header and the labels, check both, and join them in one cut.

    Raises `BadInput` where the audio or the labels cannot be used.
    """
    recording = open_recording(utterance.audio, utterance.id, channel)
    start, end = _span_within(recording, utterance)
    duration = round(end - start, ndigits=8)
    labels = utterance.labels(recording.sampling_rate)
    supervision = SupervisionSegment(
        id=utterance.id,
        recording_id=recording.id,
        start=0.0,
        duration=duration,
        channel=channel or 0,
        speaker=utterance.speaker,
        text=_text(utterance, labels),
        alignment=_alignment(labels, duration, utterance.id),
    )
    return MonoCut(utterance.id, start, duration, channel or 0, supervisions=[supervision], recording=recording)


def _text(utterance: Utterance, labels: Labels) -> str | None:
    if utterance.text is not None or not labels.get("word"):
        return utterance.text
    return " ".join(word.symbol for word in labels["word"])


def _alignment(labels: Labels, duration: float, utterance: str) -> dict[str, list[AlignmentItem]] | None:
    fitted = {
        kind: fit_labels(intervals, duration, f"{kind} labels of {utterance}", overlap=kind == "word")
        for kind, intervals in labels.items()
    }
    return {
        kind: [AlignmentItem(i.symbol, i.start, round(i.end - i.start, ndigits=8)) for i in intervals]
        for kind, intervals in fitted.items()
        if intervals
    } or None


def _span_within(recording: Recording, utterance: Utterance) -> tuple[float, float]:
    start, end = utterance.span[0], utterance.span[1]
    end = recording.duration if end is None else end
    if not 0 <= start < end <= recording.duration + 0.01:
        raise BadInput(
            f"{utterance.id}: expected a segment within the {recording.duration:.3f} s of {utterance.audio}, "
            f"got {start:.3f} to {end:.3f} s; correct the segment"
        )
    return start, min(end, recording.duration)
