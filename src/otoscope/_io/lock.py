"""One process at a time in a folder."""

import errno
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from otoscope.errors import InputError, InputWarning

LOCK = ".lock"
"""Name of the file that is locked."""
NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
"""Errors of file systems without locks, as some network file systems are."""


class LockedError(InputError):
    """A folder that another process has locked."""


@contextmanager
def exclusive(folder: Path, command: str, name: str = LOCK) -> Iterator[None]:
    """Lock a folder for `command`; the system releases the lock of a process that was killed.

    `name` is the file that is locked: another one locks a part of the work in the folder.

    On a file system without locks, warn and continue.

    Raises:
        LockedError: another process has locked the folder.
    """
    lock = FileLock(folder / name, timeout=0)
    try:
        _acquire(lock, folder, command)
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, folder: Path, command: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # filelock itself has a replacement for ENOSYS, and warns
            lock.acquire()
    except Timeout:
        raise LockedError(f"another {command} uses {folder}; wait until it ends, or stop it") from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        warnings.warn(
            f"{folder} is on a file system without locks ({error.strerror}); start no second {command} there",
            InputWarning,
            stacklevel=4,
        )
