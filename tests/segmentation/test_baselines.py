"""Baselines of a segmentation: spectral features that follow their recipe, and naive boundaries."""

import numpy as np
import pytest
from scipy.fft import dct

from otoscope.errors import InputError
from otoscope.segmentation.baselines import boundary_rate, random_boundaries, uniform_boundaries
from otoscope.segmentation.spectral import log_mel, mel_filters, mfcc

RATE = 16000


def noise(seconds=0.3, rate=RATE, seed=0):
    return np.random.default_rng(seed).standard_normal(int(seconds * rate))


def slow_energies(wave, rate, bands, frame):
    """One frame by its definition: a window cut out sample by sample, a Fourier sum, a triangle for each band."""
    size = round(0.025 * rate)
    first = round(frame * 0.010 * rate) - size // 2
    mirrored = [wave[abs(t)] if t < len(wave) else wave[2 * (len(wave) - 1) - t] for t in range(first, first + size)]
    hann = [0.5 - 0.5 * np.cos(2 * np.pi * n / size) for n in range(size)]
    n, bins = np.arange(size), np.arange(size // 2 + 1)
    spectrum = np.exp(-2j * np.pi * np.outer(bins, n) / size) @ (np.array(mirrored) * hann)
    mel = 2595 * np.log10(1 + bins * rate / size / 700)
    edges = np.linspace(0, 2595 * np.log10(1 + rate / 2 / 700), bands + 2)
    hertz, corners = 700 * (10 ** (mel / 2595) - 1), 700 * (10 ** (edges / 2595) - 1)
    triangles = [np.interp(hertz, corners[b : b + 3], [0, 1, 0]) for b in range(bands)]
    return np.array(triangles) @ np.abs(spectrum) ** 2


@pytest.mark.parametrize("rate", [8000, 16000, 22050])
@pytest.mark.parametrize("frame", [0, 1, 13, 29, 30])
def test_log_mel_frames_are_those_of_the_recipe(rate, frame):
    wave = noise(0.3, rate)
    plain, floored = log_mel(wave, rate, 20, floor=0.0), log_mel(wave, rate, 20, floor=0.01)
    energies = slow_energies(wave, rate, 20, frame)
    np.testing.assert_allclose(plain[frame], np.log(energies + 1e-10), rtol=1e-8)
    mean = (np.exp(plain) - 1e-10).mean()
    np.testing.assert_allclose(floored[frame], np.log(energies + 0.01 * mean + 1e-10), rtol=1e-8)


@pytest.mark.parametrize("rate", [11025, 16000, 22050, 44100])
def test_frames_keep_time_at_any_rate(rate):
    """A click at 1.5 s is loudest in frame 150: a hop of a fraction of a sample does not add up."""
    wave = 1e-4 * noise(2.0, rate)
    wave[round(1.5 * rate)] = 1.0
    energies = log_mel(wave, rate, 20)
    assert len(energies) == 201
    assert energies.sum(axis=1).argmax() == 150


def test_every_band_holds_something_and_neighbours_share_their_edges():
    filters = mel_filters(40, RATE)
    assert (filters.max(axis=1) > 0).all()
    inner = slice(3, 180)
    np.testing.assert_allclose(filters.sum(axis=0)[inner], 1.0)


def test_a_normalised_band_has_no_mean_and_unit_deviation():
    normalised = log_mel(noise(), RATE, normalised=True)
    np.testing.assert_allclose(normalised.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(normalised.std(axis=0), 1)


def test_the_floor_hides_the_noise_of_a_pause_however_loud_the_recording():
    """One second of speech-like noise, then a pause 60 dB below: its frames stop moving, at every level alike."""
    wave = np.concatenate([noise(1.0), 1e-3 * noise(1.0, seed=1)])
    for level in (1.0, 0.01):
        pause = slice(110, 190)
        assert np.ptp(log_mel(level * wave, RATE, 20, floor=0.0)[pause]) > 1
        assert np.ptp(log_mel(level * wave, RATE, 20)[pause]) < 0.05


def test_mfcc_are_the_cosine_transform_of_forty_bands():
    energies = log_mel(noise(), RATE, 40)
    np.testing.assert_allclose(mfcc(noise(), RATE), dct(energies, norm="ortho")[:, :13])
    basis = np.cos(np.pi * np.outer(np.arange(13), np.arange(40) + 0.5) / 40) * np.sqrt(2 / 40)
    basis[0] /= np.sqrt(2)
    np.testing.assert_allclose(mfcc(noise(), RATE), energies @ basis.T)


def test_deltas_are_the_slopes_of_lines_through_five_frames():
    both = mfcc(noise(), RATE, deltas=True)
    static, slope, slope_of_slope = np.split(both, 3, axis=1)
    line = np.polyfit(np.arange(-2, 3), static[8:13], deg=1)[0]
    np.testing.assert_allclose(slope[10], line)
    np.testing.assert_allclose(slope_of_slope[10], np.polyfit(np.arange(-2, 3), slope[8:13], deg=1)[0])


@pytest.mark.parametrize("wave", [np.zeros((2, 4000)), [0.0, np.nan] * 4000, np.zeros(400), []])
def test_audio_that_gives_no_frames_is_refused(wave):
    for features in (log_mel, mfcc):
        with pytest.raises(InputError, match="expected"):
            features(wave, RATE)


def test_digital_silence_is_no_trouble():
    assert np.isfinite(log_mel(np.zeros(RATE), RATE, normalised=True)).all()
    assert np.isfinite(mfcc(np.zeros(RATE), RATE, deltas=True)).all()


def test_uniform_boundaries_are_even_and_inside():
    assert uniform_boundaries(0.5, rate=4.0).tolist() == [0.25]
    assert uniform_boundaries(0.2, rate=4.0).tolist() == []
    times = uniform_boundaries(10.0, rate=11.7)
    np.testing.assert_allclose(np.diff(times), 1 / 11.7)
    assert len(times) == 116
    assert times[0] > 0
    assert times[-1] < 10


def test_random_boundaries_come_at_the_rate_and_from_the_seed():
    times = random_boundaries(1000.0, rate=11.7, generator=np.random.default_rng(5))
    assert len(times) == 11700
    assert (np.diff(times) > 0).all()
    assert np.abs(np.histogram(times, bins=4, range=(0, 1000))[0] - 2925).max() < 4 * np.sqrt(11700 * 3 / 16)
    again = random_boundaries(1000.0, rate=11.7, generator=np.random.default_rng(5))
    np.testing.assert_array_equal(times, again)
    other = random_boundaries(1000.0, rate=11.7, generator=np.random.default_rng(6))
    assert not np.isin(times, other).any()


def test_the_rate_is_pooled_over_utterances_and_needs_boundaries():
    assert boundary_rate([[0.1], [0.1, 0.2, 0.3]], [1.0, 3.0]) == 1.0
    with pytest.raises(InputError, match="expected reference boundaries to take their rate from"):
        boundary_rate([[]], [1.0])
