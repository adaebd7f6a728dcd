"""Hidden states of a corpus: the first of them in memory, up to a bound, the others in a temporary file."""

import shutil
import weakref
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import torch
from torch import Tensor

from otoscope._io.atomic import disk_errors_as_input_errors
from otoscope._io.read_sequence import ReadSequence

MAX_STATE_BYTES = 1 << 30
"""Most bytes of states in memory: 1.9 hours of 50 frames of 768 numbers a second."""


class HiddenStates(ReadSequence[Tensor]):
    """The states `[T, d]` (float32, CPU) of each utterance; those in the file are read each time they are used.

    `add` alone changes it.

    Args:
        count: number of utterances.

    Examples:
        >>> states = HiddenStates(1)
        >>> states.add(0, torch.ones(2, 3))
        >>> states[0].shape
        torch.Size([2, 3])
    """

    def __init__(self, count: int) -> None:
        """Store nothing yet."""
        self._in_memory: dict[int, Tensor] = {}
        self._in_file: dict[int, tuple[int, torch.Size]] = {}
        self._count, self._bytes, self._end = count, 0, 0
        self._path: Path | None = None

    def add(self, index: int, states: Tensor) -> None:
        """Store the states of an utterance.

        Raises:
            InputError: the disk is full.
        """
        if self._bytes + states.nbytes <= MAX_STATE_BYTES:
            self._in_memory[index] = states
            self._bytes += states.nbytes
            return
        with disk_errors_as_input_errors(self._file), self._file.open("ab") as file:
            file.write(states.contiguous().numpy().tobytes())
        self._in_file[index] = self._end, states.shape
        self._end += states.nbytes

    def __len__(self) -> int:
        """Return the number of utterances."""
        return self._count

    def read(self, place: int) -> Tensor:
        """Return the states of an utterance."""
        if place in self._in_memory:
            return self._in_memory[place]
        offset, shape = self._in_file[place]
        return torch.from_numpy(np.fromfile(self._file, np.float32, shape.numel(), offset=offset)).reshape(shape)

    @property
    def _file(self) -> Path:
        """Return the file, whose folder is removed with this object."""
        if self._path is None:
            folder = mkdtemp(prefix="otoscope-states-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            self._path = Path(folder, "states.f32")
        return self._path
