"""The number of threads of a run: sums over another number differ in their last bits."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch


def recorded_threads(folder: Path) -> int | None:
    """Return the number of threads with which a run began, or None if the folder records none."""
    try:
        threads = json.loads((folder / "run.json").read_text(encoding="utf-8"))["plan"]["threads"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return threads if isinstance(threads, int) and threads > 0 else None


@contextmanager
def use_threads(count: int) -> Iterator[None]:
    """Within the block, torch computes with `count` threads.

    >>> before = torch.get_num_threads()
    >>> with use_threads(1):
    ...     torch.get_num_threads()
    1
    >>> torch.get_num_threads() == before
    True
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
