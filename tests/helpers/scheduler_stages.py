"""Actions of example stages, in a module from which another process can import them."""

import os
import time
from pathlib import Path

from otoscope._io.atomic import atomic_write
from otoscope.errors import InputError

PATIENCE = 300.0
"""Seconds after which a wait counts as a hang: far beyond any slow machine."""


def await_file(path: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < end, f"{path} was not written"
        time.sleep(0.02)


def meet(folder: Path, mine: str, other: str) -> None:
    """Return only if the other stage runs at the same time."""
    (folder / mine).touch()
    await_file(folder / other)


def find(folder: Path, *names: str) -> None:
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        raise InputError(f"no {missing[0]}")


def linger(folder: Path, name: str) -> None:
    with atomic_write(folder / name) as partial_file:
        partial_file.write_text(str(os.getpid()))
    time.sleep(2 * PATIENCE)


def fail_after_pid(folder: Path) -> None:
    await_file(folder / "pid")
    raise InputError("no speech")
