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
from otoscope.corpus.line_template import LineTemplate
from otoscope.corpus.manifest_cuts import ManifestQuery
from otoscope.corpus.speaker_metadata import stated_metadata

CUT = {"id", "start", "duration", "channel", "supervisions", "recording", "type"}
SUPERVISION = {"id", "recording_id", "start", "duration", "channel", "text", "language", "speaker", "gender", "custom"}
RECORDING = {"id", "sources", "sampling_rate", "num_samples", "duration", "channel_ids"}
SOURCE = {"type", "channels", "source"}
BUFFER_BYTES = 1 << 20
READ = ("duration", "id", "first", "length", "audio")
"""Fields of a form that are read; and the speaker, if there is one."""
MAX_FORMS = 4
"""Forms of the plain lines of a manifest, such as one for each gender."""


class PlainLine(NamedTuple):
    """A plain line: id, duration, speaker, metadata and audio of its utterance."""

    id: str
    seconds: float
    speaker: str | None
    metadata: Mapping[str, str]
    audio: str


class LineForm(NamedTuple):
    """A form of plain lines: its template, type of its audio source, and metadata."""

    template: LineTemplate
    kind: str
    metadata: Mapping[str, str]


def iter_lines(file: Path) -> Iterator[tuple[bytes, Any]]:
    """Yield the lines of a manifest that are not blank, and their JSON.

    Raises:
        OSError, ValueError: the file cannot be read, or a line is no JSON.
    """
    for line in _iter_bytes(file):
        yield line, decode_json_line(line.decode())


def iter_plain(file: Path, query: ManifestQuery) -> Iterator[tuple[bytes, PlainLine | None, Any]]:
    """Yield the lines of `iter_lines`, the utterance of each plain line, and the JSON of the others.

    The JSON of a line that has the form of a plain line before it is not parsed.

    Raises:
        OSError, ValueError: as `iter_lines`.
    """
    forms: list[LineForm] = []
    for line in _iter_bytes(file):
        text = line.decode().rstrip(" \t\r\n")
        for form in forms:
            if plain := read_form(text, form, query):
                yield line, plain, None
                break
        else:
            data = decode_json_line(text)
            plain = parse_plain(data, query)
            if plain and len(forms) < MAX_FORMS and (form_of_line := form_of(text, data, plain)):
                forms.append(form_of_line)
            yield line, plain, data


def _iter_bytes(file: Path) -> Iterator[bytes]:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as raw:
        lines = BufferedReader(cast(Any, raw), BUFFER_BYTES)
        for line in lines:
            if not line.isspace():
                yield line


def form_of(text: str, data: Any, plain: PlainLine) -> LineForm | None:
    """Return the form of a plain line; None if a program wrote it in a style of its own."""
    is_named = type(data["supervisions"][0].get("speaker")) is str
    template = LineTemplate.of(text, data, [*READ, "speaker"] if is_named else READ)
    if template is None:
        return None
    return LineForm(template, data["recording"]["sources"][0]["type"], plain.metadata)


def read_form(text: str, form: LineForm, query: ManifestQuery) -> PlainLine | None:
    """Return the utterance of a line, or None if it has another form, or `parse_plain` returns None."""
    values = form.template.read(text)
    if values is None:
        return None
    duration, id, first, length, name, *speaker = values
    audio, seconds = _locate(name, form.kind, query), _seconds(float(first), float(length), float(duration))
    if audio is None or seconds is None:
        return None
    return PlainLine(id, seconds, (speaker[0] if speaker else None) or None, form.metadata, audio)


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
    seconds = _seconds(supervision["start"], supervision["duration"], data["duration"])
    if seconds is None:
        return None
    return PlainLine(
        supervision["id"],
        seconds,
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
    return _locate(source["source"], source["type"], query)


def _locate(name: str, kind: str, query: ManifestQuery) -> str | None:
    """Return the path or address of a source of a kind; None if it is not there."""
    if kind != FILE:
        return name if (kind == TAR and query.tar) or (kind == ADDRESS and is_address(name)) else None
    if os.path.exists(name):  # noqa: PTH110, a Path for each of a million files is slow
        return name
    path = os.path.join(query.folder, name)  # noqa: PTH118
    return path if os.path.exists(path) else None  # noqa: PTH110


def _seconds(first: float, length: float, duration: float) -> float | None:
    """Return the seconds of a supervision, or None if it is not within its cut."""
    last = round(first + length, 8)
    return round(last - first, 8) if 0 <= first < last <= duration else None


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
