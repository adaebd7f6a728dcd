"""A folder of audio files, without labels; `SPEAKERS.TXT` of LibriSpeech states the genders."""

from collections.abc import Iterator
from pathlib import Path

from otoscope.corpus.file_index import FileIndex, read_lines
from otoscope.corpus.formats import CorpusFormat, Layout
from otoscope.corpus.utterance import Utterance

SPEAKER_TABLE = "speakers.txt"


def audio_folder(listing: FileIndex) -> Iterator[Utterance]:
    """Yield one utterance per audio file; the speaker is its folder (see `speakers`)."""
    table = listing.table(SPEAKER_TABLE)
    genders = speaker_genders(table) if table else {}
    for file, speaker in zip(listing.audio, speakers(listing), strict=True):
        metadata = {"gender": genders[speaker]} if speaker in genders else {}
        yield Utterance(listing.id(file), file, speaker, metadata=metadata)


def speaker_genders(table: Path) -> dict[str, str]:
    """Return the gender of each speaker from LibriSpeech's `SPEAKERS.TXT`: lines `14 | F | train-clean-360 | ...`."""
    rows = ([field.strip() for field in line.split("|")] for line in read_lines(table) if not line.startswith(";"))
    return {row[0]: row[1].lower() for row in rows if len(row) > 1 and row[1] in ("F", "M")}


def speakers(listing: FileIndex) -> list[str | None]:
    """Return the folder of each audio file, or None for all if some file is in no subfolder of the corpus.

    Files named as LibriSpeech names them, `84/121123/84-121123-0000.flac`, belong to the speaker, not to the chapter.

    >>> speakers(FileIndex(Path("c"), [Path("c/anna/1.wav"), Path("c/84/121123/84-121123-0000.flac")], {}))
    ['anna', '84']
    >>> speakers(FileIndex(Path("c"), [Path("c/anna/1.wav"), Path("c/2.wav")], {}))
    [None, None]
    """
    if any(file.parent == listing.root for file in listing.audio):
        return [None] * len(listing.audio)
    return [_speaker(file) for file in listing.audio]


def _speaker(file: Path) -> str:
    folder, above = file.parent.name, file.parent.parent.name
    return above if file.name.startswith(f"{above}-{folder}-") else folder


FORMAT = CorpusFormat(
    Layout.AUDIO,
    lambda query: bool(query.files.audio),
    lambda query: audio_folder(query.files),
    tables=frozenset({SPEAKER_TABLE}),
)
