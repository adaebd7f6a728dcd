"""Log-mel frames of many utterances, computed once and kept on disk."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from otoscope._io.atomic import atomic_write, make_folder
from otoscope.models.mockingjay import MockingjayFeatureExtractor
from otoscope.models.mockingjay.feature_extraction import SHORTEST, normalise


@dataclass(frozen=True)
class Features:
    """Frames of all utterances end to end, `frames [total, bands]` (float16, memory-mapped).

    Utterance `i` is `starts[i]:starts[i + 1]`.
    """

    frames: np.ndarray
    starts: np.ndarray

    def __getitem__(self, utterance: int) -> np.ndarray:
        """Frames `[length, bands]` of one utterance, float32."""
        return self.frames[self.starts[utterance] : self.starts[utterance + 1]].astype(np.float32)

    @property
    def lengths(self) -> np.ndarray:
        """10 ms frames of each utterance."""
        return np.diff(self.starts)


def read_features(folder: Path) -> Features:
    """Features kept by `write_features`."""
    return Features(np.load(folder / "frames.npy", mmap_mode="r"), np.load(folder / "starts.npy"))


def write_features(waves: Iterable[np.ndarray], extractor: MockingjayFeatureExtractor, folder: Path) -> None:
    """Features of `waves` into `folder`, which appears whole or not at all; an unusable wave has no frames."""
    empty = np.zeros((0, extractor.feature_size), np.float16)
    frames = [
        empty if rejection_reason(wave) else normalise(extractor.log_mel(wave)).numpy().astype(np.float16)
        for wave in waves
    ]
    make_folder(folder.parent)
    with atomic_write(folder, needed=sum(array.nbytes for array in frames)) as unfinished:
        unfinished.mkdir()
        np.save(unfinished / "frames.npy", np.concatenate(frames))
        np.save(unfinished / "starts.npy", np.cumsum([0, *map(len, frames)]))


def rejection_reason(wave: np.ndarray) -> str:
    """Why a wave `[samples]` has no features; empty where it has.

    Examples:
        >>> rejection_reason(np.zeros(16000))
        'digital silence'
    """
    if len(wave) < SHORTEST:
        return f"audio of {len(wave)} samples is shorter than one frame ({SHORTEST} samples)"
    return "" if wave.any() else "digital silence"
