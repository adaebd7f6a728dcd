"""The number of threads of a run: sums over another number differ in their last bits."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from otoscope.results.record import read_record


def recorded_threads(folder: Path) -> int | None:
    """Return the number of threads with which a run began, or None if the folder records none.

    Raises:
        InputError: the record of the run cannot be read.
    """
    if not (folder / "run.json").is_file():
        return None
    threads: int | None = read_record(folder)["plan"].get("threads")
    return threads


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
