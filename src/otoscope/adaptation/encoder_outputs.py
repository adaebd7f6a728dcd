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
from otoscope.adaptation.material import RATE, Material
from otoscope.decoders.transcriber import Transcriber
from otoscope.decoders.transcription import encode_waves
from otoscope.runs.progress import progress

CHUNK = 8  # utterances that the encoder takes at once


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


def encode_material(transcriber: Transcriber, material: Material, outputs: EncoderOutputs | None) -> list[Tensor]:
    """Return the hidden states `[T, d]` of all utterances; the encoder runs on those that have no file.

    Args:
        transcriber: the model.
        material: the utterances.
        outputs: files to read and to write; None: in memory only.
    """
    encoded: list[Tensor | None] = [outputs.read(wave) if outputs else None for wave in material.waves]
    missing = [index for index, hidden in enumerate(encoded) if hidden is None]
    seconds = sum(len(material.waves[index]) for index in missing) / RATE
    with progress(f"encoding {Path(material.name).name}", seconds) as on_progress:
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            waves = [material.waves[index] for index in chunk]
            for index, wave, hidden in zip(chunk, waves, encode_waves(transcriber, waves), strict=True):
                if outputs:
                    outputs.write(wave, hidden)
                encoded[index] = outputs.read(wave) if outputs else hidden.clone()
            on_progress(sum(map(len, waves)) / RATE)
    return [hidden for hidden in encoded if hidden is not None]
