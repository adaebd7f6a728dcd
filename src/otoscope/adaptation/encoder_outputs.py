"""Outputs of a frozen encoder on disk, one file for each wave: they are computed once, for all searches of a model.

A search reads them from their files when it uses them, so that its memory does not grow with them.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from otoscope._io.atomic import atomic_write, make_folder
from otoscope.decoders.transcriber import Transcriber


@dataclass(frozen=True)
class EncoderOutputs:
    """The files of one model in a folder; a name is the hash of the samples.

    Attributes:
        folder: where they are.
    """

    folder: Path

    def read(self, wave: np.ndarray) -> Tensor | None:
        """Return the hidden states `[T, d]` of a wave, or None where there are none.

        They stay in their file, so that the system can take their memory back: what is changed does not reach the file.
        """
        path = self._path(wave)
        return torch.from_numpy(np.load(path, mmap_mode="c")) if path.exists() else None

    def write(self, wave: np.ndarray, hidden: Tensor) -> None:
        """Store the hidden states of a wave."""
        make_folder(self.folder)
        with atomic_write(self._path(wave)) as partial, partial.open("wb") as file:
            np.save(file, hidden.numpy())

    def _path(self, wave: np.ndarray) -> Path:
        return self.folder / f"{hashlib.sha256(np.ascontiguousarray(wave).tobytes()).hexdigest()[:32]}.npy"


def make_encoder_outputs(folder: Path, transcriber: Transcriber) -> EncoderOutputs:
    """Return the files of a model within a folder of several models."""
    return EncoderOutputs(folder / transcriber.fingerprint[:16])
