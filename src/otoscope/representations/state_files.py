"""States of a corpus on disk: a file for each depth, from which utterances are read when they are used.

Axes: t frame, d feature.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from otoscope._io.atomic import disk_errors_as_input_errors
from otoscope._io.read_sequence import ReadSequence
from otoscope.errors import InputError
from otoscope.typing import Ints

FLOAT_BYTES = 4


class DepthStates(ReadSequence[Tensor]):
    """The states `[T, d]` (float32) of each utterance at one depth; an utterance is read each time it is used."""

    def __init__(self, path: Path, starts: Ints, size: int) -> None:
        """Open a file of rows of `size` features; utterance n has the rows from `starts[n]` to `starts[n + 1]`."""
        self._rows_td = np.memmap(path, np.float32, "r", shape=(int(starts[-1]), size))
        self._starts = starts

    def __len__(self) -> int:
        """Return the number of utterances."""
        return len(self._starts) - 1

    def read(self, place: int) -> Tensor:
        """Read the states of an utterance."""
        return torch.from_numpy(np.array(self._rows_td[self._starts[place] : self._starts[place + 1]]))


class StateWriter:
    """Writes the states of utterances in any order, a file for each depth. `write` alone changes the files."""

    def __init__(self, folder: Path, frames: Sequence[int]) -> None:
        """Make the folder for utterances of so many frames."""
        self._folder = folder
        self._starts = np.concatenate([[0], np.cumsum(frames)])
        self._sizes: list[int] = []
        folder.mkdir()

    def write(self, index: int, states: Sequence[Tensor]) -> None:
        """Write the states `[T, d]` of an utterance at each depth.

        Raises:
            InputError: the disk is full.
        """
        self._sizes = [state.shape[1] for state in states]
        with disk_errors_as_input_errors(self._folder):
            for depth, state in enumerate(states):
                self._path(depth).touch()
                with self._path(depth).open("r+b") as file:
                    file.seek(int(self._starts[index]) * state.shape[1] * FLOAT_BYTES)
                    file.write(np.ascontiguousarray(state.numpy(), np.float32).tobytes())

    def depths(self) -> list[DepthStates]:
        """Return the states of each depth, after all utterances are written."""
        return [DepthStates(self._path(depth), self._starts, size) for depth, size in enumerate(self._sizes)]

    def _path(self, depth: int) -> Path:
        return self._folder / f"{depth}.f32"


@contextmanager
def temporary_states(folder: Path, needed: int) -> Iterator[Path]:
    """Yield a folder for states in the unfinished run at `folder`; it is removed at the end of the block.

    Raises:
        InputError: the disk has less than `needed` bytes.
    """
    shards = folder / "shards"
    shards.mkdir(exist_ok=True)
    if (free := shutil.disk_usage(shards).free) < needed:
        raise InputError(
            f"expected {needed / 2**30:.1f} GiB on the disk of {folder} for the states of all layers, found "
            f"{free / 2**30:.1f} GiB; pass --sample N, or -o on another disk"
        )
    with TemporaryDirectory(prefix="states-", dir=shards) as states:
        yield Path(states)


def state_bytes(frames: int, features: int, depths: int) -> int:
    """Return the bytes of the states of so many frames at all depths.

    >>> state_bytes(frames=100, features=256, depths=7)
    716800
    """
    return FLOAT_BYTES * frames * features * depths
