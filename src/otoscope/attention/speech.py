"""The speech of an attention call: which of its tokens are frames of the utterances, and at which times.

Most models attend between the frames of the utterance. Some also attend to silence after it, or between patches of a
spectrogram and special tokens; their tokens outside of the utterance are kept apart.

Axes: b utterance, n token.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from otoscope.typing import Bools, Floats, Ints

SILENCE_DB = -40.0  # a frame this far below the loudest frame of its utterance is silent


@dataclass(frozen=True)
class PatchGrid:
    """The tokens of a model that attends between patches of a spectrogram: some special ones, then `[bands, times]`."""

    special_tokens: int
    times: int


@dataclass(frozen=True)
class TokenPlaces:
    """Row (band or number of a special token) and time of each token `[n]`; special tokens have time -1."""

    row_n: Ints
    time_n: Ints


def token_places(tokens: int, grid: PatchGrid | None) -> TokenPlaces:
    """Return the places of the tokens of a call.

    >>> token_places(5, PatchGrid(special_tokens=1, times=2)).time_n.tolist()
    [-1, 0, 1, 0, 1]
    """
    if grid is None:
        return TokenPlaces(np.zeros(tokens, int), np.arange(tokens))
    special, number = grid.special_tokens, np.arange(tokens - grid.special_tokens)
    return TokenPlaces(
        np.concatenate([np.arange(special), number // grid.times]),
        np.concatenate([np.full(special, -1), number % grid.times]),
    )


@dataclass(frozen=True, eq=False)
class CallSpeech:
    """The utterances of a call.

    Attributes:
        waves: samples `[samples]` of each utterance, which identify it.
        frames: frames of each utterance, without silence after it.
        grid: the patches between which the model attends; None: frames in time.
    """

    waves: Sequence[np.ndarray]
    frames: tuple[int, ...]
    grid: PatchGrid | None = None

    def places(self, tokens: int) -> TokenPlaces:
        """Return the places of so many tokens."""
        return token_places(tokens, self.grid)

    def is_outside(self, utterance: int, tokens: int) -> Bools:
        """Return whether each token `[n]` is silence after the utterance."""
        return self.places(tokens).time_n >= self.frames[utterance]

    def position_classes(self, utterance: int, tokens: int, positions: int) -> Ints:
        """Return the class of each token `[n]`: one of `positions` equal parts of the utterance, or the class outside.

        Class `positions` holds special tokens and the silence after the utterance.
        """
        time_n, frames = self.places(tokens).time_n, self.frames[utterance]
        is_inside = (time_n >= 0) & (time_n < frames)
        return np.where(is_inside, np.clip(time_n, 0, frames - 1) * positions // frames, positions)

    def silent_frames(self, utterance: int) -> Bools:
        """Return whether each frame of an utterance is more than 40 dB below its loudest frame."""
        return np.asarray(self.frame_levels(utterance) <= SILENCE_DB)

    def frame_levels(self, utterance: int) -> Floats:
        """Return the level of each frame of an utterance in dB over its loudest frame, `[T]`: 0 or less, -inf of zeros.

        The wave is divided into as many equal parts as the utterance has frames.
        """
        parts = np.array_split(np.square(self.waves[utterance], dtype=np.float64), self.frames[utterance])
        power: Floats = np.array([part.mean() if len(part) else 0.0 for part in parts])
        with np.errstate(divide="ignore"):
            return np.asarray(10 * np.log10(power / (power.max() or 1.0)))

    def seed(self, utterance: int) -> int:
        """Return a number that follows from the samples of an utterance."""
        return crc32(np.ascontiguousarray(self.waves[utterance], np.float32).tobytes())
