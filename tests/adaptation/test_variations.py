"""Copies of speech have the power, the length and the place that their names state."""

import numpy as np
import pytest

from otoscope.adaptation.variations import VARIATIONS, vary

RNG = np.random.default_rng(0)
SPEECH = (0.1 * RNG.normal(size=32000)).astype(np.float32)
SOUND = (0.5 * RNG.normal(size=8000)).astype(np.float32)


def copy(name: str) -> np.ndarray:
    return vary([SPEECH], [SOUND], VARIATIONS[name], 0)[0]


@pytest.mark.parametrize("decibels", [10, 5, 0])
def test_noise_is_weaker_by_these_decibels(decibels: int) -> None:
    noise = copy(f"noise, {decibels} dB") - SPEECH
    assert 10 * np.log10(np.mean(SPEECH**2) / np.mean(noise**2)) == pytest.approx(decibels, abs=1e-3)


def test_noise_is_before_or_after_the_speech_and_audio_stays_within_30_s() -> None:
    assert np.array_equal(copy("after 10 s of noise")[160000:], SPEECH)
    assert np.array_equal(copy("before 10 s of noise")[: len(SPEECH)], SPEECH)
    long = vary([np.tile(SPEECH, 14)], [SOUND], VARIATIONS["after 10 s of noise"], 0)[0]
    assert len(long) == 30 * 16000


def test_quiet_and_short_copies() -> None:
    assert np.allclose(copy("amplitude x 0.01"), SPEECH / 100)
    assert len(copy("one second")) == 16000
    assert len(vary([SPEECH[:9000]], [SOUND], VARIATIONS["one second"], 0)[0]) == 9000
    assert all(np.array_equal(copy(name), copy(name)) for name in VARIATIONS)
