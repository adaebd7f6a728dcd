"""Files that a command is about to write: one for each input, and none that exists."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from otoscope.errors import InputError


def check_new_files(files: Iterable[Path]) -> None:
    """Check, before any work, that files can be written without the loss of another.

    Args:
        files: one for each recording and format.

    Raises:
        InputError: two recordings have the same file, or a file exists.

    >>> check_new_files([Path("out/a.TextGrid"), Path("out/a.TextGrid")])
    Traceback (most recent call last):
    otoscope.errors.InputError: expected one recording for out/a.TextGrid, found several; rename all but one
    """
    counts = Counter(files)
    for file, count in counts.items():
        if count > 1:
            raise InputError(f"expected one recording for {file}, found several; rename all but one")
    for file in counts:
        if file.exists():
            raise InputError(f"{file} exists already; choose another folder with -o, or remove it")
