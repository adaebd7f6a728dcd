"""The speech of a tuning: crops, or windows filled with utterances, in a training part and a held-out part."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.runs.speech_source import LoadedSpeech

CROP = 4.0  # seconds
BATCH = 4  # crops
HELD_OUT = 0.1  # share of the utterances
MAX_HELD_OUT = 8  # batches


@dataclass(frozen=True, eq=False)
class TuningSpeech:
    """Waves `[samples]` of the training part, and batches of the held-out part.

    Attributes:
        training: utterances.
        held_out: batches that say when to stop.
        samples: length of a crop; of a window, for models that pad all audio to one length.
        is_window: whether a batch is one window, which utterances fill one after the other.
    """

    training: Sequence[np.ndarray]
    held_out: Sequence[Sequence[np.ndarray]]
    samples: int
    is_window: bool

    @property
    def batch_size(self) -> int:
        """Waves of a batch."""
        return 1 if self.is_window else BATCH

    @property
    def seconds(self) -> float:
        """Seconds of a batch, where all samples are used, at 16 kHz."""
        return self.samples * self.batch_size / 16000

    def draw(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Return a batch: crops at random places, or a window with a random number of utterances."""
        if self.is_window:
            order = rng.permutation(len(self.training))
            return [fill_window([self.training[index] for index in order], int(rng.integers(1, self.samples)))]
        return [self._crop(rng) for _ in range(BATCH)]

    def _crop(self, rng: np.random.Generator) -> np.ndarray:
        wave = self.training[int(rng.integers(len(self.training)))]
        start = int(rng.integers(len(wave) - self.samples + 1))
        return wave[start : start + self.samples]


def fill_window(waves: Sequence[np.ndarray], samples: int) -> np.ndarray:
    """Return the first waves joined, as many as have so many samples together; at least one.

    >>> fill_window([np.ones(2), np.zeros(3), np.ones(4)], 6).tolist()
    [1.0, 1.0, 0.0, 0.0, 0.0]
    """
    ends = np.cumsum([len(wave) for wave in waves])
    count = max(int(np.searchsorted(ends, samples, side="right")), 1)
    return np.concatenate(waves[:count])


def make_tuning_speech(encoder: Encoder, speech: LoadedSpeech) -> TuningSpeech:
    """Return the parts of some speech; every tenth utterance is held out, at least one.

    Raises:
        InputError: fewer than two utterances are as long as a crop.
    """
    is_window = encoder.padded_seconds > 0
    samples = int((encoder.padded_seconds if is_window else CROP) * encoder.sampling_rate)
    shortest = 1 if is_window else samples
    waves = [wave for wave in speech.waves if len(wave) >= shortest]
    if len(waves) < 2:
        raise InputError(
            f"expected two utterances of {CROP:g} s or longer for --tune, to train and to hold out, found {len(waves)} "
            f"of {len(speech.waves)}; add longer speech"
        )
    step = min(round(1 / HELD_OUT), len(waves))
    held_out = waves[::step]
    training = [wave for index, wave in enumerate(waves) if index % step]
    if is_window:
        batches = [[fill_window(held_out[start:], samples)] for start in range(len(held_out))]
    else:
        batches = [[wave[:samples]] for wave in held_out]
    return TuningSpeech(training, batches[:MAX_HELD_OUT], samples, is_window)
