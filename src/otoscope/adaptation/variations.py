"""Copies of speech that a calm model must not lose: quiet, short, noisy, with noise before or after it."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from otoscope.adaptation.material import MAX_SECONDS, RATE

Variation = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
"""Makes a copy of speech `[samples]` with a sound `[samples]` and random numbers."""


def amplified(factor: float) -> Variation:
    """Return speech times a factor."""
    return lambda wave, sound, rng: wave * np.float32(factor)


def one_second(wave: np.ndarray, sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one second out of the speech, or all of it if it is shorter."""
    start = int(rng.integers(max(len(wave) - RATE, 0) + 1))
    return wave[start : start + RATE]


def noisy(decibels: float) -> Variation:
    """Return speech with a sound of a lower power, by so many dB."""

    def add(wave: np.ndarray, sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        noise = np.resize(sound, len(wave))
        power = np.square(wave).mean() / max(float(np.square(noise).mean()), 1e-12)
        return (wave + noise * np.sqrt(power * 10 ** (-decibels / 10))).astype(np.float32)

    return add


def after_noise(wave: np.ndarray, sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return speech after 10 s of a sound."""
    return np.concatenate([np.resize(sound, 10 * RATE), wave])[: int(MAX_SECONDS * RATE)]


def before_noise(wave: np.ndarray, sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return speech before 10 s of a sound."""
    return np.concatenate([wave, np.resize(sound, 10 * RATE)])[: int(MAX_SECONDS * RATE)]


VARIATIONS: Mapping[str, Variation] = {
    "amplitude x 0.1": amplified(0.1),
    "amplitude x 0.01": amplified(0.01),
    "one second": one_second,
    "noise, 10 dB": noisy(10),
    "noise, 5 dB": noisy(5),
    "noise, 0 dB": noisy(0),
    "after 10 s of noise": after_noise,
    "before 10 s of noise": before_noise,
}
SHORTENED = ("one second",)
"""Variations that lose words."""


def vary(
    waves: Sequence[np.ndarray], sounds: Sequence[np.ndarray], variation: Variation, seed: int
) -> list[np.ndarray]:
    """Return a copy of each wave by one variation, each with a sound that is drawn."""
    rng = np.random.default_rng(seed)
    return [variation(wave, sounds[int(rng.integers(len(sounds)))], rng) for wave in waves]
