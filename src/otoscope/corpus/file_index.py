"""The files of a corpus: its audio, and the label files of each audio file."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from otoscope.errors import InputError, escape_undecodable, permission_error

UNCOMPRESSED = frozenset({".wav", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".rf64", ".w64", ".sph", ".nist"})
AUDIO_SUFFIXES = UNCOMPRESSED | {".flac", ".ogg", ".oga", ".opus", ".mp3"}
"""Suffixes of audio in containers that show whether the file is whole (`truncation.py`)."""


@dataclass(frozen=True)
class FileIndex:
    """The files at or below one path, listed once; `labels` are found by (name without suffix, lower-case suffix)."""

    root: Path
    audio: list[Path]
    labels: dict[tuple[str, str], Path]

    def id(self, audio: Path) -> str:
        """Return the audio file's path from the root without its suffix, with bytes that are no UTF-8 escaped."""
        return escape_undecodable(Path(stem(audio)).relative_to(self.root).as_posix())

    def table(self, name: str) -> Path | None:
        """Return a file about the whole corpus by its name in lower case: in the corpus, above it, or in a `doc` there.

        Copies of corpora with such files are often used in parts: the table of TIMIT/TEST is in TIMIT/DOC.
        """
        folders = [
            folder for above in (self.root, self.root.parent) for folder in (above, above / "DOC", above / "doc")
        ]
        near = (file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir()))
        files = (*self.labels.values(), *near)
        return next((file for file in files if file.name.lower() == name and file.is_file()), None)

    def label_file(self, audio: Path, suffix: str) -> Path | None:
        """Return the file with the audio's name and `suffix` in any case, or None."""
        return self.labels.get((stem(audio), suffix))


def list_files(path: Path, labels: Path | None = None) -> FileIndex:
    """Return all files at or below `path`, by name; hidden ones are skipped, links to folders are followed.

    Files below `labels` count as if they were next to the audio, in the same subfolders of `path`.

    For one audio file these are that file and its labels. Where both `SA1.WAV` and `SA1.WAV.wav` exist, as in
    copies of TIMIT, the second is a conversion of the first and is the one listed.

    Raises `InputError` where a folder cannot be read: a corpus is never measured without part of it.
    """
    if path.is_file():
        siblings = (file for file in path.parent.iterdir() if file == path or not is_audio(file))
        return _listing(path.parent, (file for file in siblings if stem(file) == stem(path)))
    return _listing(path, _walk(path), labels)


def _listing(root: Path, files: Iterable[Path], elsewhere: Path | None = None) -> FileIndex:
    ordered = sorted(files)
    converted = {str(file.with_suffix("")) for file in ordered if is_audio(file)}
    audio = [file for file in ordered if is_audio(file) and str(file) not in converted]
    labels = {(stem(file), file.suffix.lower()): file for file in ordered if not is_audio(file)}
    return FileIndex(root, audio, _relocate_labels(elsewhere, root) | labels if elsewhere else labels)


def _relocate_labels(labels: Path, root: Path) -> dict[tuple[str, str], Path]:
    """Return label files of another tree by the names they would have below `root`."""
    files = (file for file in sorted(_walk(labels)) if not is_audio(file))
    return {(stem(root / file.relative_to(labels)), file.suffix.lower()): file for file in files}


def is_there(path: Path) -> bool:
    """Return whether a file or folder exists; none has a name that is too long.

    >>> is_there(Path(".")), is_there(Path("a" * 5000))
    (True, False)
    """
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_audio(file: Path) -> bool:
    """Return whether the file's suffix is that of a format read here."""
    return file.suffix.lower() in AUDIO_SUFFIXES


def stem(file: Path) -> str:
    """Return the path without its suffix, and without a second one if both are of audio.

    >>> stem(Path("FCJF0/SA1.WAV.wav")), stem(Path("FCJF0/SA1.PHN"))
    ('FCJF0/SA1', 'FCJF0/SA1')
    """
    bare = file.with_suffix("")
    return str(bare.with_suffix("") if is_audio(file) and is_audio(bare) else bare)


def read_lines(file: Path) -> list[str]:
    """Return the lines of a text file in UTF-8 that are not blank; lines end at LF, CR or both, and nowhere else.

    Raises:
        InputError: the file is no text in UTF-8.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, OSError):
        raise InputError(f"{file}: expected readable text in UTF-8; convert or replace the file") from None
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]


def _walk(root: Path) -> Iterator[Path]:
    folders: set[Path] = set()
    for folder, subfolders, names in os.walk(root, onerror=_refuse, followlinks=True):
        real = Path(folder).resolve()
        if real in folders:  # a link back to a folder above
            subfolders.clear()
            continue
        folders.add(real)
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        yield from (Path(folder) / name for name in names if not name.startswith("."))


def _refuse(error: OSError) -> None:
    raise permission_error(error)
