"""A folder of audio files, without labels."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from otoscope.corpus.files import utterance_id
from otoscope.corpus.utterance import Utterance


def audio_folder(root: Path, files: Sequence[Path]) -> Iterator[Utterance]:
    """One utterance per audio file; the speaker is the folder it lies in (see `speakers`)."""
    for file, speaker in zip(files, speakers(root, files), strict=True):
        yield Utterance(utterance_id(file, root), file, speaker)


def speakers(root: Path, files: Sequence[Path]) -> list[str | None]:
    """The folder each file lies in, or None for all where some file lies in `root` itself.

    Files named as LibriSpeech names them, `84/121123/84-121123-0000.flac`, belong to the speaker, not to the chapter.

    >>> speakers(Path("c"), [Path("c/anna/1.wav"), Path("c/84/121123/84-121123-0000.flac")])
    ['anna', '84']
    >>> speakers(Path("c"), [Path("c/anna/1.wav"), Path("c/2.wav")])
    [None, None]
    """
    if any(file.parent == root or file == root for file in files):
        return [None] * len(files)
    return [_speaker(file) for file in files]


def _speaker(file: Path) -> str:
    chapter, speaker = file.parent.name, file.parent.parent.name
    return speaker if file.name.startswith(f"{speaker}-{chapter}-") else chapter
