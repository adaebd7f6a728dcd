"""Lhotse manifests: cuts, or recordings with supervisions, as jsonl or jsonl.gz."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from lhotse import AudioSource, CutSet, MonoCut, Recording, RecordingSet, SupervisionSegment, SupervisionSet
from lhotse.cut import Cut
from lhotse.cut.data import DataCut
from lhotse.serialization import load_manifest
from lhotse.supervision import AlignmentItem
from lhotse.utils import fastcopy, to_list

from otoscope.corpus.alignment_origin import alignment_origin, with_origin
from otoscope.corpus.decoding import check_declared
from otoscope.corpus.file_index import is_there
from otoscope.corpus.formats import CorpusFormat, Layout, UnreadCut
from otoscope.corpus.labels import Interval
from otoscope.corpus.recording import check_channels, read_header
from otoscope.corpus.utterance import Annotation, ReadCut, clip_segment, make_alignment
from otoscope.errors import InputError


def is_manifest(path: Path) -> bool:
    """Return whether a file is named as a manifest, or a folder holds manifests of cuts or recordings."""
    return bool(_manifests(path))


MANIFEST_SUFFIXES = (".jsonl", ".jsonl.gz")


def lhotse_manifests(path: Path, tier: str | None = None, channel: int | None = None) -> Iterator[UnreadCut]:
    """Yield one unread cut for each supervision, and for each cut without supervisions.

    Phones are the alignment named `tier` (by default phone or phones). Of a recording with several channels, `channel`
    chooses the supervisions. Audio is read from files, never by a command or from the network.
    """
    manifests = _manifests(path)
    if not manifests:
        raise InputError(f"{path}: expected Lhotse manifests, *cuts*.jsonl(.gz) or *recordings*.jsonl(.gz); found none")
    for file, cut in chain.from_iterable(_cuts(file) for file in manifests):
        for supervision in _supervisions(cut, channel):
            yield UnreadCut(supervision.id, file, partial(_utterance, cut, supervision, file.parent, tier, channel))


def _manifests(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.name.endswith(MANIFEST_SUFFIXES) else []
    files = sorted(file for file in path.iterdir() if _is_manifest_name(file.name)) if path.is_dir() else []
    return [file for file in files if "cuts" in file.name] or [file for file in files if "recordings" in file.name]


def _is_manifest_name(name: str) -> bool:
    """Return whether a file can be a manifest; macOS writes `._NAME` next to files on foreign disks."""
    return name.endswith(MANIFEST_SUFFIXES) and not name.startswith(".")


def _cuts(file: Path) -> Iterable[tuple[Path, Cut]]:
    manifest = _load(file)
    if isinstance(manifest, RecordingSet):
        return ((file, cut) for cut in _join(manifest, file))
    if isinstance(manifest, CutSet):
        return ((file, cut) for cut in manifest)
    raise InputError(
        f"{file}: expected cuts or recordings, got a {type(manifest).__name__}; name one of those manifests"
    )


def _load(file: Path) -> Any:
    try:
        return load_manifest(file)
    except Exception:  # any error of JSON, gzip or Lhotse's own fields
        raise InputError(f"{file}: expected a Lhotse manifest, but it cannot be read as one; write it again") from None


def _join(recordings: RecordingSet, file: Path) -> Iterator[Cut]:
    """Yield recordings as cuts, each with its supervisions from the manifest named like `file`."""
    of_recording: dict[str, list[SupervisionSegment]] = defaultdict(list)
    partner = file.with_name(file.name.replace("recordings", "supervisions"))
    supervisions = _load(partner) if partner != file and partner.is_file() else SupervisionSet()
    for supervision in supervisions:
        of_recording[supervision.recording_id].append(supervision)
    if unknown := of_recording.keys() - set(recordings.ids):
        raise InputError(f"{partner}: expected supervisions of recordings in {file}, got some of {min(unknown)}")
    for recording in recordings:
        yield fastcopy(recording.to_cut(), supervisions=of_recording[recording.id])


def _supervisions(cut: Cut, channel: int | None) -> list[SupervisionSegment]:
    if not cut.supervisions:
        return [SupervisionSegment(cut.id, cut.id, 0.0, cut.duration, channel=channel or 0)]
    if channel is None or not _has_recording(cut) or cut.recording.num_channels == 1:
        return list(cut.supervisions)
    return [supervision for supervision in cut.supervisions if channel in to_list(supervision.channel)]


def _has_recording(cut: Cut) -> bool:
    return isinstance(cut, DataCut) and cut.has_recording


def _utterance(
    cut: Cut, supervision: SupervisionSegment, folder: Path, tier: str | None, channel: int | None
) -> ReadCut:
    try:
        return _part(cut, supervision, folder, tier, channel)
    except (TypeError, AttributeError, AssertionError, ArithmeticError):  # Lhotse checks no types and no sizes
        raise InputError(
            f"{supervision.id}: expected numbers and names in its manifest, got other types, or no times"
        ) from None


def _part(cut: Cut, supervision: SupervisionSegment, folder: Path, tier: str | None, channel: int | None) -> ReadCut:
    """Return the part of `cut` that `supervision` spans, as a cut of its own."""
    times = [float(time) for time in (cut.start, cut.duration, supervision.start, supervision.duration)]
    if not all(map(math.isfinite, times)):
        raise InputError(f"{supervision.id}: expected times in seconds, got {times}; correct the manifest")
    if not _has_recording(cut):
        raise InputError(f"{cut.id}: expected a cut of one recording, got a {type(cut).__name__} without; leave it out")
    recording = _checked(cut.recording, folder, channel)
    chosen = cut.channel if recording.num_channels == 1 else channel
    start, end = clip_segment(cut.duration, supervision.start, supervision.end, supervision.id)
    begin, origin = round(cut.start + start, ndigits=8), alignment_origin(cut, supervision)
    alignment, problems = make_alignment(_annotation(supervision, begin - origin, tier), end - start)
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


def _checked(recording: Recording, folder: Path, channel: int | None) -> Recording:
    """Return the recording, checked, with its files located from the working directory or else from `folder`."""
    sources = [_checked_source(source, folder, recording) for source in recording.sources]
    check_channels(sources[0].source, recording.num_channels, channel)
    return fastcopy(recording, sources=sources)


def _checked_source(source: AudioSource, folder: Path, recording: Recording) -> AudioSource:
    if source.type != "file":
        raise InputError(
            f"expected audio in a file, got the {source.type} '{source.source}', which is not run or fetched"
        )
    path = Path(source.source)
    path = path if is_there(path) else folder / path
    header = read_header(path)
    check_declared(recording, str(path), header.samplerate, header.frames)
    return fastcopy(source, source=str(path))


def _annotation(supervision: SupervisionSegment, start: float, tier: str | None) -> Annotation:
    alignment = supervision.alignment or {}
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


FORMAT = CorpusFormat(
    Layout.MANIFEST,
    lambda query: is_manifest(query.path),
    lambda query: lhotse_manifests(query.path, query.tier, query.channel),
    reads=lambda file: _is_manifest_name(file.name),
    has_tiers=True,
    priority=1,
)
