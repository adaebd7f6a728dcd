"""Writing that is whole or absent: a partial sibling, flushed to disk, then renamed into place."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from otoscope.errors import BadInput

PARTIAL = ".partial"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG}


@contextmanager
def atomic(target: Path, *, needed: int | None = None, shared: bool = False) -> Iterator[Path]:
    """Give a path to write a file or folder at; move it to `target` when the block ends, remove it when it fails.

    Args:
        target: where the result appears, replacing what is there.
        needed: bytes about to be written, if known, for the message when the disk is full.
        shared: other processes may write the same at the same time.

    Raises:
        BadInput: the disk is full, or the place cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with atomic(Path(folder) / "note.txt") as path:
    ...         _ = path.write_text("whole")
    ...     [entry.name for entry in Path(folder).iterdir()]
    ['note.txt']
    """
    partial = target.with_name(f".{target.name}{f'.{os.getpid()}' * shared}{PARTIAL}")
    _remove(partial)
    try:
        yield partial
        _flush(partial)
        if target.is_dir():
            _remove(target)
        partial.replace(target)
        _sync(target.parent)
    except BaseException as error:
        _remove(partial)
        number = _number(error)
        if number in _FULL:
            raise BadInput(_full_disk(target, needed)) from error
        if number in _CLOSED:
            raise BadInput(f"cannot write {target} ({os.strerror(number)}); choose another place") from error
        raise


def make_folder(folder: Path) -> None:
    """Make the folder and its parents where they do not exist. Raises BadInput where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot make the folder {folder} ({error.strerror}); choose another place") from None


def is_vacant(folder: Path) -> bool:
    """Whether nothing but what an interrupted write left lies in the folder."""
    return all(entry.name.endswith(PARTIAL) for entry in folder.iterdir())


def _number(error: BaseException) -> int:
    """What the operating system calls the error, 0 where it is none of its; Rust (safetensors) tells it in words alone.

    >>> _number(RuntimeError("I/O error: No space left on device (os error 28)")) == errno.ENOSPC
    True
    """
    if isinstance(error, OSError):
        return error.errno or 0
    told = re.search(r"\(os error (\d+)\)", str(error))
    return int(told[1]) if told else 0


def _full_disk(target: Path, needed: int | None) -> str:
    free = shutil.disk_usage(target.parent).free
    amount = f"up to {needed / 1e6:.1f} MB needed, " if needed else ""
    return f"disk full while writing {target}: {amount}{free / 1e6:.1f} MB free; free some space there and try again"


def _flush(path: Path) -> None:
    for entry in (path, *path.rglob("*")) if path.is_dir() else (path,):
        _sync(entry)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
