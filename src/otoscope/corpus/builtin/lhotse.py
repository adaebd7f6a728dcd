"""Lhotse manifests: cuts (also those of Lhotse Shar), or recordings with supervisions, as jsonl or jsonl.gz."""

import zlib
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from lhotse import CutSet, RecordingSet, SupervisionSegment, SupervisionSet
from lhotse.cut import Cut
from lhotse.cut.set import deserialize_cut
from lhotse.serialization import load_manifest
from lhotse.utils import fastcopy

from otoscope.corpus.cut_list import Listing, listed
from otoscope.corpus.formats import CorpusFormat, Layout, UnreadCut
from otoscope.corpus.manifest_cuts import ManifestQuery, read_line, read_part, supervisions_of
from otoscope.corpus.manifest_lines import iter_lines, iter_plain, list_plain
from otoscope.corpus.utterance import ReadCut
from otoscope.errors import InputError


def is_manifest(path: Path) -> bool:
    """Return whether a file is named as a manifest, or a folder holds manifests of cuts or recordings."""
    return bool(_manifests(path))


MANIFEST_SUFFIXES = (".jsonl", ".jsonl.gz")


def lhotse_manifests(path: Path, tier: str | None = None, channel: int | None = None) -> Iterator[UnreadCut]:
    """Yield one unread cut for each supervision, and for each cut without supervisions.

    Phones are the alignment named `tier` (by default phone or phones). Of a recording with several channels, `channel`
    chooses the supervisions. Audio is read from files, from the tars of Lhotse Shar, and from
    addresses with a protocol, never by a command. A manifest of cuts is read line by line.
    """
    manifests = _manifests(path)
    if not manifests:
        raise InputError(f"{path}: expected Lhotse manifests, *cuts*.jsonl(.gz) or *recordings*.jsonl(.gz); found none")
    for file in manifests:
        query = ManifestQuery(str(file.parent), str(tar_of(file) or ""), tier, channel)
        yield from _unread_lines(file, query) if _has_cuts(file) else _unread_manifest(file, query)


def _manifests(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.name.endswith(MANIFEST_SUFFIXES) else []
    files = sorted(file for file in path.iterdir() if _is_manifest_name(file.name)) if path.is_dir() else []
    return [file for file in files if "cuts" in file.name] or [file for file in files if "recordings" in file.name]


def _is_manifest_name(name: str) -> bool:
    """Return whether a file can be a manifest; macOS writes `._NAME` next to files on foreign disks."""
    return name.endswith(MANIFEST_SUFFIXES) and not name.startswith(".")


def tar_of(file: Path) -> Path | None:
    """Return the tar with the audio of a manifest of Lhotse Shar: `recording.000000.tar` of `cuts.000000.jsonl.gz`."""
    first, *number = file.name.removesuffix(".gz").removesuffix(".jsonl").split(".")
    tar = file.with_name(".".join(["recording", *number, "tar"]))
    return tar if first == "cuts" and tar.is_file() else None


def _has_cuts(file: Path) -> bool:
    """Return whether the first line of a manifest is a cut; a line that cannot be read is none."""
    try:
        return "type" in next(iter_lines(file))[1]
    except (StopIteration, OSError, EOFError, ValueError, TypeError, zlib.error):
        return False


def _unread_lines(file: Path, query: ManifestQuery) -> Iterator[UnreadCut]:
    read = partial(read_line, query=query._replace(opens_audio=False))
    try:
        for line, plain, data in iter_plain(file, query):
            if plain:
                listing = partial(list_plain, plain, line, read)
                yield UnreadCut(plain.id, file, partial(_read_line, line, query), listing)
            else:
                yield from _unread_parts(deserialize_cut(data), file, query)
    except InputError:
        raise
    except Exception:  # any error of JSON, gzip or Lhotse's own fields
        raise _unreadable(file) from None


def _read_line(line: bytes, query: ManifestQuery) -> ReadCut:
    return ReadCut(read_line(line, query))


def _unread_manifest(file: Path, query: ManifestQuery) -> Iterator[UnreadCut]:
    manifest = _load(file)
    if not isinstance(manifest, CutSet | RecordingSet):
        raise InputError(
            f"{file}: expected cuts or recordings, got a {type(manifest).__name__}; name one of those manifests"
        )
    for cut in _join(manifest, file) if isinstance(manifest, RecordingSet) else manifest:
        yield from _unread_parts(cut, file, query)


def _unread_parts(cut: Cut, file: Path, query: ManifestQuery) -> Iterator[UnreadCut]:
    unopened = query._replace(opens_audio=False)
    for supervision in supervisions_of(cut, query.channel):
        listing = partial(_list_part, cut, supervision, unopened)
        yield UnreadCut(supervision.id, file, partial(read_part, cut, supervision, query), listing)


def _list_part(cut: Cut, supervision: SupervisionSegment, query: ManifestQuery) -> Listing:
    part, problems = read_part(cut, supervision, query)
    return Listing(listed(part), problems)


def _load(file: Path) -> Any:
    try:
        return load_manifest(file)
    except Exception:  # any error of JSON, gzip or Lhotse's own fields
        raise _unreadable(file) from None


def _unreadable(file: Path) -> InputError:
    return InputError(f"{file}: expected a Lhotse manifest, but it cannot be read as one; write it again")


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


FORMAT = CorpusFormat(
    Layout.MANIFEST,
    lambda query: is_manifest(query.path),
    lambda query: lhotse_manifests(query.path, query.tier, query.channel),
    reads=lambda file: _is_manifest_name(file.name) or file.suffix == ".tar",
    has_tiers=True,
    priority=1,
)
