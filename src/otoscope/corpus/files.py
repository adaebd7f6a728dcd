"""Audio files below a folder, and the label files beside them."""

import os
from collections.abc import Iterator
from pathlib import Path

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".sph"})


def find_audio(path: Path) -> list[Path]:
    """Audio files at or below `path` in order of their names; hidden ones are left out, links are followed."""
    files = [path] if path.is_file() else _walk(path)
    return sorted(file for file in files if file.suffix.lower() in AUDIO_SUFFIXES)


def utterance_id(file: Path, root: Path) -> str:
    """The path of `file` from the corpus folder `root`, without its suffix.

    >>> utterance_id(Path("corpus/dr1-fvmh0/sa1.flac"), Path("corpus"))
    'dr1-fvmh0/sa1'
    """
    name = file.relative_to(root if root != file else file.parent)
    while name.suffix.lower() in AUDIO_SUFFIXES:
        name = name.with_suffix("")
    return name.as_posix()


def beside(audio: Path, suffix: str) -> Path | None:
    """The file with the audio's name and `suffix`, in lower, upper or the given case; None where there is none."""
    stem = audio.with_name(Path(utterance_id(audio, audio.parent)).name)
    candidates = (stem.with_name(stem.name + case) for case in (suffix, suffix.lower(), suffix.upper()))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _walk(root: Path) -> Iterator[Path]:
    seen: set[Path] = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        real = Path(folder).resolve()
        subfolders[:] = [] if real in seen else [name for name in subfolders if not name.startswith(".")]
        if real not in seen:
            yield from (Path(folder) / name for name in names if not name.startswith("."))
        seen.add(real)
