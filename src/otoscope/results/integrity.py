"""How much was written, and whether it is still there: zarr reads a chunk whose file is missing as if it were empty."""

import os
from collections.abc import Mapping
from pathlib import Path

from otoscope.errors import InputError, unreadable

Held = dict[str, int]


def held(path: Path) -> Held:
    """Number of files, and of bytes in them, at or below `path`; hidden files, which file managers leave, do not count.

    Raises:
        InputError: a folder may not be read.

    >>> held(Path("no-such-place"))
    {'files': 0, 'bytes': 0}
    """
    walk = os.walk(path, onerror=_unless_missing)
    below = (Path(folder, name) for folder, _, names in walk for name in names if not name.startswith("."))
    sizes = [file.stat().st_size for file in ([path] if path.is_file() else below)]
    return {"files": len(sizes), "bytes": sum(sizes)}


def check_held(folder: Path, expected: Mapping[str, Held]) -> None:
    """Raise InputError unless every name in the folder holds as much as was written there.

    >>> check_held(Path("run"), {"results.zarr": {"files": 310, "bytes": 48211}})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    otoscope.errors.InputError: run/results.zarr is not whole: expected 310 files (48211 bytes), found 0 ...
    """
    for name, wanted in expected.items():
        if (found := held(folder / name)) != wanted:
            raise InputError(
                f"{folder / name} is not whole: expected {_told(wanted)}, found {_told(found)}; "
                "copy it again or make it again"
            )


def _told(much: Held) -> str:
    return f"{much['files']} file{'s' * (much['files'] != 1)} ({much['bytes']} bytes)"


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise unreadable(error)
