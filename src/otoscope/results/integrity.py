"""The size of a folder when it was written and now: zarr reads a missing chunk as if it were empty."""

import os
from collections.abc import Mapping
from pathlib import Path

from otoscope.errors import InputError, permission_error

DirectorySize = dict[str, int]


def directory_size(path: Path) -> DirectorySize:
    """Return the number of files and bytes at or below `path`, without hidden files, which file managers create.

    Raises:
        InputError: a folder may not be read.

    >>> directory_size(Path("no-such-folder"))
    {'files': 0, 'bytes': 0}
    """
    walk = os.walk(path, onerror=_unless_missing)
    below = (Path(folder, name) for folder, _, names in walk for name in names if not name.startswith("."))
    sizes = [file.stat().st_size for file in ([path] if path.is_file() else below)]
    return {"files": len(sizes), "bytes": sum(sizes)}


def verify_size(folder: Path, expected: Mapping[str, DirectorySize]) -> None:
    """Raise InputError unless every name in the folder has the size that it had when it was written.

    >>> verify_size(Path("run"), {"results.zarr": {"files": 310, "bytes": 48211}})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    otoscope.errors.InputError: run/results.zarr is not whole: expected 310 files (48211 bytes), found 0 ...
    """
    for name, expected_size in expected.items():
        if (size := directory_size(folder / name)) != expected_size:
            raise InputError(
                f"{folder / name} is not whole: expected {_format_size(expected_size)}, found {_format_size(size)}; "
                "copy it again or repeat the command that wrote it"
            )


def _format_size(size: DirectorySize) -> str:
    return f"{size['files']} file{'' if size['files'] == 1 else 's'} ({size['bytes']} bytes)"


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise permission_error(error)
