"""Log-mel frames and MFCC of a waveform: baselines of a segmentation from attention.

Davis & Mermelstein, Comparison of parametric representations for monosyllabic word recognition, 1980; mel scale of
O'Shaughnessy, Speech Communication, 1987. Recipe: 25 ms Hann windows every 10 ms, frame t centred at t * 10 ms (with
the wave mirrored at its ends); power spectrum; triangular bands, equally spaced in mel from 0 to half the rate;
`ln(energy + floor * mean energy + 1e-10)`, the mean over the utterance. MFCC: orthonormal DCT-II over 40 bands,
the first 13 with the zeroth, no liftering, no normalisation.
"""

import numpy as np
import numpy.typing as npt
from scipy.fft import dct

from otoscope.errors import InputError
from otoscope.typing import Floats

WINDOW, PERIOD = 0.025, 0.010  # seconds
CEPSTRAL_BANDS = 40
SMALLEST_ENERGY = 1e-10
"""Avoids the logarithm of 0."""

FLOOR = 1e-3
"""30 dB below the mean energy: softer sounds hardly change the log energy, so the noise of pauses makes no boundary. On
validation speech, floors from 40 to 25 dB below the mean give about equal scores; 0 gives plain log energies."""


def log_mel(wave: npt.ArrayLike, rate: int, bands: int = 80, normalised: bool = False, floor: float = FLOOR) -> Floats:
    """Compute natural log energies `[frames, bands]` of a wave, every 10 ms from 0.

    Args:
        wave: `[samples]`, with full scale 1.
        rate: sampling rate in Hz; the centre of a frame is the nearest sample, so times are exact at any rate.
        bands: number of mel bands.
        normalised: whether each band has mean 0 and standard deviation 1 over the utterance.
        floor: share of the utterance's mean energy to add to every energy.

    Raises:
        InputError: the wave is not `[samples]`, not finite, or not longer than a window.

    Examples:
        >>> log_mel(np.sin(np.arange(16000) / 7), rate=16000).shape
        (101, 80)
    """
    energies = _power(_check_wave(wave, rate), rate) @ mel_filters(bands, rate).T
    frames = np.log(energies + floor * energies.mean() + SMALLEST_ENERGY)
    return _normalise(frames) if normalised else frames


def mfcc(wave: npt.ArrayLike, rate: int, coefficients: int = 13, deltas: bool = False, floor: float = FLOOR) -> Floats:
    """Compute cepstral coefficients (MFCC) of a wave, every 10 ms from 0.

    Args:
        wave: `[samples]`, with full scale 1.
        rate: sampling rate in Hz.
        coefficients: number of coefficients.
        deltas: whether to add their slopes over two frames to each side, and the slopes of these.
        floor: share of the utterance's mean energy to add to every energy.

    Returns:
        `[frames, coefficients]`, or `[frames, 3 * coefficients]` with deltas.

    Raises:
        InputError: the wave is not `[samples]`, not finite, or not longer than a window.

    Examples:
        >>> mfcc(np.sin(np.arange(16000) / 7), rate=16000, deltas=True).shape
        (101, 39)
    """
    static = dct(log_mel(wave, rate, CEPSTRAL_BANDS, floor=floor), type=2, norm="ortho", axis=1)[:, :coefficients]
    if not deltas:
        return static
    slope = _slope(static)
    return np.concatenate([static, slope, _slope(slope)], axis=1)


def mel_filters(bands: int, rate: int) -> Floats:
    """Return triangular filters `[bands, bins]` over the bins of a window's spectrum, each of height 1.

    >>> mel_filters(4, 16000).shape
    (4, 201)
    """
    edges = 700 * (10 ** (np.linspace(0, _mel(rate / 2), bands + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(_window_samples(rate), 1 / rate)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(rising, falling))


def _mel(hertz: float) -> float:
    return 2595 * float(np.log10(1 + hertz / 700))


def _window_samples(rate: int) -> int:
    return round(WINDOW * rate)


def _power(wave: Floats, rate: int) -> Floats:
    """Compute the power spectrum `[frames, bins]` of centred windows."""
    size = _window_samples(rate)
    count = 1 + int(len(wave) / rate / PERIOD + 1e-6)
    centres = np.round(np.arange(count) * PERIOD * rate).astype(int)
    mirrored = np.pad(wave, (size // 2, size), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(mirrored, size)[centres]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return np.abs(np.fft.rfft(windows * hann)) ** 2


def _check_wave(wave: npt.ArrayLike, rate: int) -> Floats:
    samples = np.asarray(wave, dtype=np.float64)
    if samples.ndim != 1 or not np.isfinite(samples).all():
        raise InputError(f"expected one channel of finite samples, got shape {samples.shape}; pass an array [samples]")
    if len(samples) <= _window_samples(rate):
        raise InputError(
            f"expected more audio than one window of {WINDOW} s, got {len(samples) / rate:.3f} s; pass more audio"
        )
    return samples


def _normalise(frames: Floats) -> Floats:
    return (frames - frames.mean(axis=0)) / (frames.std(axis=0) + SMALLEST_ENERGY)


def _slope(frames: Floats) -> Floats:
    """Compute the slope `[frames, d]` of the least-squares line over two frames to each side; ends are repeated."""
    padded = np.pad(frames, ((2, 2), (0, 0)), mode="edge")
    return (2 * (padded[4:] - padded[:-4]) + padded[3:-1] - padded[1:-3]) / 10
