"""Writing that is whole or absent: a partial sibling, flushed to disk, then renamed into place."""

import errno
import os
import re
import shutil
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from otoscope.errors import InputError

PARTIAL = ".partial"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FULL_BY_LIBRARIES = re.compile(
    "No space left on device|Disk quota exceeded|requested and [0-9]+ written|unexpected pos|PytorchStreamWriter"
)
"""What safetensors, numpy and torch say of a full disk, without its number."""
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF}
"""Errors of file systems that sync on their own terms: CIFS, FUSE, shared folders of virtual machines."""
_NO_FOLDER_SYNC = _NO_SYNC | {errno.EACCES, errno.EPERM, errno.EISDIR}
"""The same for folders, which some systems do not even open."""
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""Errors of file systems without hard links."""
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG}


@contextmanager
def atomic_write(target: Path, *, needed: int | None = None, shared: bool = False) -> Iterator[Path]:
    """Give a path to write a file or folder at; move it to `target` when the block ends, remove it when it fails.

    Args:
        target: where the result appears, replacing what is there.
        needed: bytes about to be written, if known, for the message when the disk is full.
        shared: other processes, perhaps on other machines, may write the same at the same time. Of a folder, the first
            one stays.

    Raises:
        InputError: the disk is full, or the place cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with atomic_write(Path(folder) / "note.txt") as path:
    ...         _ = path.write_text("whole")
    ...     [entry.name for entry in Path(folder).iterdir()]
    ['note.txt']
    """
    partial = _partial(target, shared)
    _remove(partial)
    try:
        yield partial
        entries = [partial, *partial.rglob("*")] if partial.is_dir() else [partial]
        _let_others_read(entries)
        for entry in entries:
            _sync(entry)
        _move(partial, target, shared)
        _sync(target.parent)
    except BaseException as error:
        _remove(partial)
        _raise_disk_error(error, target, needed)
        raise


def create_once(target: Path, text: str) -> bool:
    """Write a new file, whole, and return whether this process did: of several at a time, one does.

    Raises:
        InputError: the disk is full, or the place cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     create_once(Path(folder) / "note.txt", "first"), create_once(Path(folder) / "note.txt", "second")
    (True, False)
    """
    partial = _partial(target, shared=True)
    try:
        partial.write_text(text, encoding="utf-8")
        _sync(partial)
        is_new = _link(partial, target)
        _sync(target.parent)
    except OSError as error:
        _raise_disk_error(error, target, len(text))
        raise
    finally:
        _remove(partial)
    return is_new


def _link(partial: Path, target: Path) -> bool:
    try:
        target.hardlink_to(partial)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if target.exists():
            return False
        partial.replace(target)
    return True


def _partial(target: Path, shared: bool) -> Path:
    process = f".{socket.gethostname()}-{os.getpid()}" if shared else ""
    return target.with_name(f".{target.name}{process}{PARTIAL}")


def _move(partial: Path, target: Path, shared: bool) -> None:
    if target.is_dir() and not shared:
        _remove(target)
    try:
        partial.replace(target)
    except OSError as error:
        if not (shared and error.errno in _TAKEN):
            raise
        _remove(partial)  # another process has written the same


@contextmanager
def disk_errors_as_input_errors(folder: Path) -> Iterator[None]:
    """Within the block a library writes in `folder` as it will; where the disk does not take it, say so in one line.

    Disk errors in library threads print nothing: the call that waits for the thread raises.

    Raises:
        InputError: the disk is full, or closed to us.
    """
    previous, threading.excepthook = threading.excepthook, _ignore_disk_errors(threading.excepthook)
    try:
        yield
    except Exception as error:
        _raise_disk_error(error, folder, None)
        raise
    finally:
        threading.excepthook = previous


def _ignore_disk_errors(report: Callable[[threading.ExceptHookArgs], Any]) -> Callable[[threading.ExceptHookArgs], Any]:
    def hook(died: threading.ExceptHookArgs) -> None:
        if not (isinstance(died.exc_value, OSError) and died.exc_value.errno in _FULL):
            report(died)

    return hook


def make_folder(folder: Path) -> None:
    """Make the folder and its parents where they do not exist. Raises InputError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {folder} ({error.strerror}); choose another place") from None


def is_empty(folder: Path) -> bool:
    """Return whether the folder is empty, apart from files of an interrupted write."""
    return all(entry.name.endswith(PARTIAL) for entry in folder.iterdir())


def _raise_disk_error(error: BaseException, target: Path, needed: int | None) -> None:
    """Raise InputError where an error is the disk's."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _FULL or _FULL_BY_LIBRARIES.search(str(error)):
        raise InputError(_full_disk(target, needed)) from error
    if number in _CLOSED:
        raise InputError(f"cannot write {target} ({os.strerror(number)}); choose another place") from error


def _full_disk(target: Path, needed: int | None) -> str:
    free = shutil.disk_usage(target.parent).free
    amount = f"up to {needed / 1e6:.1f} MB needed, " if needed else ""
    return f"disk full while writing {target}: {amount}{free / 1e6:.1f} MB free; free some space there and try again"


def _let_others_read(entries: Sequence[Path]) -> None:
    """Give files the permissions of a new one: safetensors creates its own for their owner alone."""
    private = [entry for entry in entries if entry.is_file() and not entry.stat().st_mode & 0o077]
    if not private:
        return
    probe = entries[0].with_name(f"{entries[0].name}.new")
    probe.touch()
    try:
        mode = stat.S_IMODE(probe.stat().st_mode)
        for entry in private:
            with suppress(OSError):  # of file systems without permissions
                entry.chmod(mode)
    finally:
        _remove(probe)


def _sync(path: Path) -> None:
    """Flush a file or folder to disk, where the file system can."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in (_NO_FOLDER_SYNC if path.is_dir() else _NO_SYNC):
            raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
