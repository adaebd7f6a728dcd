"""Lines of a Lhotse manifest of cuts, listed without an object of Lhotse where a line is plain.

A plain line has one cut of one channel of one file, with one supervision without labels: most lines of the
manifests of large corpora. Its listing equals that of the cut which Lhotse reads.
"""

import gzip
import math
import os
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple, cast

from lhotse import MonoCut
from lhotse.serialization import decode_json_line

from otoscope.corpus.audio_source import ADDRESS, FILE, TAR, is_address
from otoscope.corpus.cut_list import DIGEST_BYTES, ListedCut, Listing
from otoscope.corpus.manifest_cuts import ManifestQuery
from otoscope.corpus.speaker_metadata import stated_metadata

CUT = {"id", "start", "duration", "channel", "supervisions", "recording", "type"}
SUPERVISION = {"id", "recording_id", "start", "duration", "channel", "text", "language", "speaker", "gender", "custom"}
RECORDING = {"id", "sources", "sampling_rate", "num_samples", "duration", "channel_ids"}
SOURCE = {"type", "channels", "source"}
BUFFER_BYTES = 1 << 20


class PlainLine(NamedTuple):
    """A plain line: id, duration, speaker, metadata and audio of its utterance."""

    id: str
    seconds: float
    speaker: str | None
    metadata: Mapping[str, str]
    audio: str


def iter_lines(file: Path) -> Iterator[tuple[bytes, Any]]:
    """Yield the lines of a manifest that are not blank, and their JSON.

    Raises:
        OSError, ValueError: the file cannot be read, or a line is no JSON.
    """
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as raw:
        lines = BufferedReader(cast(Any, raw), BUFFER_BYTES)
        for line in lines:
            if not line.isspace():
                yield line, decode_json_line(line.decode())


def list_plain(plain: PlainLine, line: bytes, read: Callable[[bytes], MonoCut]) -> Listing:
    """Return what a list keeps of a plain line; `read` returns its cut."""
    digest = blake2b(line, digest_size=DIGEST_BYTES).digest()
    about = (plain.id, plain.seconds, plain.speaker, plain.metadata)
    return Listing(ListedCut(*about, False, False, digest, line, read, (plain.audio,)))


def parse_plain(data: Any, query: ManifestQuery) -> PlainLine | None:
    """Return the utterance of a line, or None if the line is not plain."""
    if query.tier is not None or query.channel not in (None, 0) or type(data) is not dict or not data.keys() <= CUT:
        return None
    if data.get("type") != "MonoCut" or not _is_time(data.get("start")) or not _is_time(data.get("duration")):
        return None
    audio, supervisions = _plain_audio(data.get("recording"), query), data.get("supervisions")
    if audio is None or not supervisions:
        return None
    if type(supervisions) is not list or len(supervisions) > 1 or not _is_plain_supervision(supervisions[0]):
        return None
    (supervision,) = supervisions
    first, last = supervision["start"], round(supervision["start"] + supervision["duration"], 8)
    if not 0 <= first < last <= data["duration"]:
        return None
    return PlainLine(
        supervision["id"],
        round(last - first, 8),
        supervision.get("speaker") or None,
        stated_metadata(supervision.get("custom"), supervision.get("gender")),
        audio,
    )


def _plain_audio(data: Any, query: ManifestQuery) -> str | None:
    """Return the path or address of a recording of one source with one channel that is there, or None."""
    if type(data) is not dict or not data.keys() <= RECORDING or not {"id", "sampling_rate"} <= data.keys():
        return None
    sources = data.get("sources")
    if type(sources) is not list or len(sources) != 1:
        return None
    if not _is_time(data.get("num_samples")) or not _is_time(data.get("duration")):
        return None
    source = sources[0]
    if type(source) is not dict or source.keys() != SOURCE or type(source["source"]) is not str:
        return None
    if source["channels"] != [0] or data.get("channel_ids") not in (None, [0]):
        return None
    name: str = source["source"]
    if source["type"] != FILE:
        return (
            name if (source["type"] == TAR and query.tar) or (source["type"] == ADDRESS and is_address(name)) else None
        )
    if os.path.exists(name):  # noqa: PTH110, a Path for each of a million files is slow
        return name
    path = os.path.join(query.folder, name)  # noqa: PTH118
    return path if os.path.exists(path) else None  # noqa: PTH110


def _is_plain_supervision(data: Any) -> bool:
    if type(data) is not dict or not data.keys() <= SUPERVISION:
        return False
    if type(data.get("id")) is not str or not _is_time(data.get("start")) or not _is_time(data.get("duration")):
        return False
    custom, gender, speaker = data.get("custom"), data.get("gender"), data.get("speaker")
    if custom is not None and (type(custom) is not dict or any(type(value) is dict for value in custom.values())):
        return False
    is_text = (speaker is None or type(speaker) is str) and (gender is None or type(gender) is str)
    return is_text and "recording_id" in data


def _is_time(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
