"""Parts of the cuts of Lhotse manifests, as utterances: one for each supervision."""

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from lhotse import AudioSource, MonoCut, Recording, SupervisionSegment
from lhotse.cut import Cut
from lhotse.cut.data import DataCut
from lhotse.cut.set import deserialize_cut
from lhotse.supervision import AlignmentItem
from lhotse.utils import fastcopy, to_list

from otoscope.corpus.alignment_origin import alignment_origin, with_origin
from otoscope.corpus.audio_source import ADDRESS, FILE, TAR, is_address, tar_part
from otoscope.corpus.decoding import check_declared
from otoscope.corpus.file_index import is_there
from otoscope.corpus.labels import Interval
from otoscope.corpus.recording import check_channels, read_header
from otoscope.corpus.utterance import Annotation, ReadCut, clip_segment, make_alignment
from otoscope.errors import InputError


class ManifestQuery(NamedTuple):
    """How the cuts of a manifest are read.

    Attributes:
        folder: folder of the manifest, from which relative paths count.
        tar: file with the audio of the cuts, where the manifest is one of Lhotse Shar.
        tier: name of the alignment of phones, or None.
        channel: channel of the audio, or None.
        opens_audio: whether the header of each file is compared with the manifest; otherwise this is done where the
            audio is decoded.
    """

    folder: str
    tar: str = ""
    tier: str | None = None
    channel: int | None = None
    opens_audio: bool = True


def supervisions_of(cut: Cut, channel: int | None) -> list[SupervisionSegment]:
    """Return the supervisions of a cut in a channel; without any, one of the whole cut."""
    if not cut.supervisions:
        return [SupervisionSegment(cut.id, cut.id, 0.0, cut.duration, channel=channel or 0)]
    if channel is None or not _has_recording(cut) or cut.recording.num_channels == 1:
        return list(cut.supervisions)
    return [supervision for supervision in cut.supervisions if channel in to_list(supervision.channel)]


def _has_recording(cut: Cut) -> bool:
    return isinstance(cut, DataCut) and cut.has_recording


def read_line(line: bytes, query: ManifestQuery) -> MonoCut:
    """Return the cut of a line of a manifest that has at most one supervision.

    Raises:
        InputError: the cut cannot be used.
    """
    cut = deserialize_cut(json.loads(line))
    return read_part(cut, supervisions_of(cut, query.channel)[0], query).cut


def read_part(cut: Cut, supervision: SupervisionSegment, query: ManifestQuery) -> ReadCut:
    """Return the part of `cut` that `supervision` spans, as a cut of its own.

    Raises:
        InputError: the manifest has other types than Lhotse writes, the part is not within the cut, or its audio
            cannot be used.
    """
    try:
        return _part(cut, supervision, query)
    except InputError:
        raise
    except (TypeError, ValueError, AttributeError, AssertionError, ArithmeticError):  # Lhotse checks no types, no sizes
        raise InputError(
            f"{supervision.id}: expected numbers and names in its manifest, got other types, or no times"
        ) from None


def _part(cut: Cut, supervision: SupervisionSegment, query: ManifestQuery) -> ReadCut:
    if not isinstance(supervision.id, str) or not isinstance(supervision.speaker or "", str):
        raise TypeError
    times = [float(time) for time in (cut.start, cut.duration, supervision.start, supervision.duration)]
    if not all(map(math.isfinite, times)):
        raise InputError(f"{supervision.id}: expected times in seconds, got {times}; correct the manifest")
    if not _has_recording(cut):
        raise InputError(f"{cut.id}: expected a cut of one recording, got a {type(cut).__name__} without; leave it out")
    recording = _checked(cut, query)
    chosen = cut.channel if recording.num_channels == 1 else query.channel
    start, end = clip_segment(cut.duration, supervision.start, supervision.end, supervision.id)
    begin, origin = round(cut.start + start, ndigits=8), alignment_origin(cut, supervision)
    alignment, problems = make_alignment(_annotation(supervision, begin - origin, query.tier), end - start)
    spanning = fastcopy(
        supervision,
        recording_id=recording.id,
        start=0.0,
        duration=round(end - start, ndigits=8),
        channel=chosen,
        alignment=alignment,
        custom=with_origin(supervision.custom, begin, recording.duration),
    )
    part = MonoCut(supervision.id, begin, spanning.duration, chosen, supervisions=[spanning], recording=recording)
    return ReadCut(part, problems)


def _checked(cut: DataCut, query: ManifestQuery) -> Recording:
    """Return the recording of a cut, checked, with its audio located."""
    sources = [_located(source, str(cut.id), query) for source in cut.recording.sources]
    check_channels(sources[0].source, cut.recording.num_channels, query.channel)
    for source in sources:
        _check_audio(source, cut.recording, opens_audio=query.opens_audio)
    return fastcopy(cut.recording, sources=sources)


def _located(source: AudioSource, id: str, query: ManifestQuery) -> AudioSource:
    """Return a source with the path of its file, from the working directory or else from the folder of the manifest."""
    if source.type == TAR and query.tar:
        return fastcopy(source, source=tar_part(Path(query.tar), id))
    if source.type == ADDRESS and is_address(str(source.source)):
        return source
    if source.type != FILE:
        raise InputError(
            f"expected audio in a file, got the {source.type} '{source.source}', which is not run or fetched"
        )
    return fastcopy(source, source=str(locate(source.source, query.folder)))


def _check_audio(source: AudioSource, recording: Recording, *, opens_audio: bool) -> None:
    """Raise InputError where the file of a source is missing, or is not as its recording declares."""
    if source.type != FILE:
        return
    path = Path(source.source)
    if opens_audio:
        header = read_header(path)
        check_declared(recording, str(path), header.samplerate, header.frames)
    elif not is_there(path):
        raise InputError(f"{path}: expected an audio file, found none; check the path")


def locate(source: str, folder: str) -> Path:
    """Return the path of an audio file: from the working directory if it is there, otherwise from a folder."""
    path = Path(source)
    return path if is_there(path) else folder / path


def _annotation(supervision: SupervisionSegment, start: float, tier: str | None) -> Annotation:
    alignment: dict[str, Any] = supervision.alignment or {}
    if tier and tier not in alignment:
        raise InputError(
            f"tier '{tier}' not found in cut {supervision.id}; alignments present: {', '.join(alignment) or 'none'}. "
            "Pass --tier with one of those, or leave it out"
        )
    phones = alignment.get(tier) if tier else alignment.get("phone", alignment.get("phones"))
    words = alignment.get("word", alignment.get("words"))
    return Annotation(supervision.text, _intervals(phones or [], start), _intervals(words or [], start))


def _intervals(items: Iterable[AlignmentItem], start: float) -> list[Interval]:
    """Return labels in seconds from `start`, which counts from the origin of the alignment."""
    return [Interval(item.symbol, round(item.start - start, 8), round(item.end - start, 8)) for item in items]
