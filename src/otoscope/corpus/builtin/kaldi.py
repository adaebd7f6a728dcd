"""A Kaldi data directory: `text`, `utt2spk`, `segments`, audio by `wav.scp` or an audio folder, phones by a CTM."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from otoscope.corpus.file_index import is_there, list_files, read_lines
from otoscope.corpus.formats import CorpusFormat, Layout
from otoscope.corpus.labels import Interval
from otoscope.corpus.speaker_metadata import SPEAKER_METADATA
from otoscope.corpus.utterance import Annotation, SkippedUtterance, Utterance
from otoscope.errors import InputError, join_truncated

Span = tuple[float, float | None]
WHOLE: Span = (0.0, None)
SPEAKER_TABLES = {f"spk2{name}": name for name in SPEAKER_METADATA}
FILES = frozenset({"wav.scp", "utt2spk", "text", "segments", "phones.ctm", *SPEAKER_TABLES})
Value = TypeVar("Value")


@dataclass(frozen=True)
class Ctm:
    """The lines of a CTM.

    Attributes:
        phones: labels by utterance.
        problems: lines of another form, which are skipped, by utterance.
        others: keys that are no utterance of the corpus.
    """

    phones: dict[str, list[Interval]] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)


def kaldi(folder: Path) -> Iterator[Utterance | SkippedUtterance]:
    """Yield one utterance per line of `segments`, else of `utt2spk`, else of `wav.scp`.

    `wav.scp` lists the audio, or a folder `audio` here or one level up holds one file per recording.
    Phones are read from `phones.ctm` here or one level up, in seconds from the start of the utterance. `spk2gender`,
    `spk2age`, `spk2first_language` and `spk2dialect` describe the speakers.
    """
    metadata = {name: _table_if_there(folder / file) for file, name in SPEAKER_TABLES.items()}
    speakers, texts = _table_if_there(folder / "utt2spk"), _table_if_there(folder / "text")
    recordings, segments = read_recordings(folder), read_segments(folder / "segments")
    ids, ctm = list(segments or speakers or recordings), _here_or_above(folder, "phones.ctm")
    labels = read_ctm(ctm, set(ids)) if ctm else Ctm()
    for id in ids:
        recording, span = segments.get(id, (id, WHOLE))
        annotation = Annotation(texts.get(id), labels.phones.get(id, []), problems=labels.problems.get(id, []))
        speaker = speakers.get(id)
        about = {name: table[speaker] for name, table in metadata.items() if speaker in table}
        yield Utterance(id, recordings.get(recording), speaker, partial(_known, annotation), span, about)
    is_shared = ctm is not None and ctm.parent != folder and bool(labels.phones)
    keys: dict[str, Collection[str]] = {"text": texts, "utt2spk": speakers}
    keys["phones.ctm"] = () if is_shared else labels.others
    yield from (entry for name, table in keys.items() if (entry := _unmatched(name, table, ids)))


def _unmatched(name: str, table: Collection[str], ids: Collection[str]) -> SkippedUtterance | None:
    """Return the entry for the lines of a table that belong to no utterance, or None."""
    others = sorted(set(table) - set(ids))
    if not others:
        return None
    reason = f"expected keys of utterances, found {len(others)} others ({join_truncated(others, 3)}); correct the keys"
    return SkippedUtterance(name, reason, "file")


def is_kaldi(folder: Path) -> bool:
    """Return whether the folder holds `wav.scp` or `utt2spk`."""
    return (folder / "wav.scp").is_file() or (folder / "utt2spk").is_file()


def read_table(file: Path) -> dict[str, str]:
    """Return lines `key value...` by key; raise `InputError` for a repeated key."""
    rows = (line.partition(" ") for line in (" ".join(line.split(maxsplit=1)) for line in read_lines(file)))
    return _by_key(((key, value) for key, _, value in rows), file)


def _by_key(rows: Iterable[tuple[str, Value]], file: Path) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for key, value in rows:
        if key in values:
            raise InputError(f"{file}: expected one line for {key}, got several; remove all but the right one")
        values[key] = value
    return values


def read_recordings(folder: Path) -> dict[str, Path]:
    """Return the audio file of each recording; a relative path counts from the working directory, else from `folder`.

    Raises `InputError` for a `wav.scp` with a pipe command, which is never executed.
    """
    if not (folder / "wav.scp").is_file():
        return _recordings_by_name(folder)
    paths = read_table(folder / "wav.scp")
    for id, path in paths.items():
        if path.endswith("|"):
            raise InputError(
                f"{folder / 'wav.scp'}: expected paths of audio files, got a pipe command for {id}, which is never "
                "executed here; write the audio to files and list those"
            )
    return {id: Path(path) if is_there(Path(path)) else folder / path for id, path in paths.items()}


def _recordings_by_name(folder: Path) -> dict[str, Path]:
    audio = _here_or_above(folder, "audio")
    if audio is None:
        raise InputError(f"{folder}: expected wav.scp, or a folder named audio here or one level up; found neither")
    recordings: dict[str, Path] = {}
    for file in list_files(audio).audio:
        other = recordings.setdefault(file.stem, file)
        if other != file:
            raise InputError(f"{audio}: expected one audio file per name, got {other} and {file}; name them in wav.scp")
    return recordings


def read_segments(file: Path) -> dict[str, tuple[str, Span]]:
    """Return lines `utterance recording start end` (seconds; end -1 is the recording's end) by utterance."""
    return _by_key((_segment(line, file) for line in (read_lines(file) if file.is_file() else [])), file)


def _segment(line: str, file: Path) -> tuple[str, tuple[str, Span]]:
    try:
        utterance, recording, start, end = line.split()
        return utterance, (recording, (float(start), None if float(end) == -1 else float(end)))
    except ValueError:
        raise InputError(f"{file}: expected lines 'utterance recording start end', got '{line}'") from None


def read_ctm(file: Path, ids: Collection[str]) -> Ctm:
    """Read lines `utterance channel start duration symbol [confidence]`, with times in seconds."""
    ctm = Ctm()
    for line in read_lines(file):
        fields = line.split()
        if fields[0] not in ids:
            ctm.others.add(fields[0])
            continue
        try:
            ctm.phones.setdefault(fields[0], []).append(_ctm_interval(fields))
        except (ValueError, IndexError):
            expected = "utterance channel start duration symbol"
            problem = f"{file}: expected lines '{expected}', found '{line[:60]}'"
            ctm.problems.setdefault(fields[0], []).append(problem)
    return ctm


def _ctm_interval(fields: list[str]) -> Interval:
    start, duration, symbol = float(fields[2]), float(fields[3]), fields[4]
    return Interval(symbol, start, round(start + duration, ndigits=8))


def _known(annotation: Annotation, sampling_rate: int) -> Annotation:
    return annotation


def _table_if_there(file: Path) -> dict[str, str]:
    return read_table(file) if file.is_file() else {}


def _here_or_above(folder: Path, name: str) -> Path | None:
    places = (folder / name, folder.absolute().parent / name)
    return next((place for place in places if place.exists()), None)


FORMAT = CorpusFormat(
    Layout.MANIFEST,
    lambda query: is_kaldi(query.path),
    lambda query: kaldi(query.path),
    reads=lambda file: file.name in FILES,
)
