"""A folder of audio files, without labels."""

from collections.abc import Iterator
from pathlib import Path

from otoscope.corpus.file_index import FileIndex
from otoscope.corpus.formats import CorpusFormat, Layout
from otoscope.corpus.utterance import Utterance


def audio_folder(listing: FileIndex) -> Iterator[Utterance]:
    """Yield one utterance per audio file; the speaker is its folder (see `speakers`)."""
    for file, speaker in zip(listing.audio, speakers(listing), strict=True):
        yield Utterance(listing.id(file), file, speaker)


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


FORMAT = CorpusFormat(Layout.AUDIO, lambda query: bool(query.files.audio), lambda query: audio_folder(query.files))
