"""Log-mel frames and MFCC of a waveform: what a segmentation from attention is compared with.

Davis & Mermelstein, Comparison of parametric representations for monosyllabic word recognition, 1980; mel scale of
O'Shaughnessy, Speech Communication, 1987. Recipe: 25 ms Hann windows every 10 ms, frame t centred at t * 10 ms (the
wave is mirrored at its ends); power spectrum; triangular bands, even in mel from 0 to half the rate; `ln(energy +
floor * mean energy + 1e-10)`, the mean over the utterance. MFCC: orthonormal DCT-II over 40 bands, the first 13 with
the zeroth, no liftering, no normalisation.
"""

import numpy as np
import numpy.typing as npt
from scipy.fft import dct

from otoscope.errors import InputError

Floats = npt.NDArray[np.float64]

WINDOW, PERIOD = 0.025, 0.010  # seconds
CEPSTRAL_BANDS = 40
SOFTEST = 1e-10

FLOOR = 1e-3
"""30 dB under the mean energy: what is softer no longer moves, so that the noise of pauses is no boundary. It segments
best on validation speech, all from 40 to 25 dB about equally; 0 gives plain log energies."""


def log_mel(wave: npt.ArrayLike, rate: int, bands: int = 80, normalised: bool = False, floor: float = FLOOR) -> Floats:
    """Natural log energies [frames, bands] of a wave [samples] at `rate` Hz, every 10 ms from 0.

    Args:
        wave: samples, of full scale 1.
        rate: samples in a second; frames are centred on the nearest sample, so that times hold for any rate.
        bands: number of mel bands.
        normalised: bring each band to zero mean and unit deviation over the utterance.
        floor: share of the utterance's mean energy that is added to every energy.

    Raises:
        InputError: wave not [samples], not finite, or not longer than half a window.

    Examples:
        >>> log_mel(np.sin(np.arange(16000) / 7), rate=16000).shape
        (101, 80)
    """
    energies = _power(_checked(wave, rate), rate) @ mel_filters(bands, rate).T
    frames = np.log(energies + floor * energies.mean() + SOFTEST)
    return _normalise(frames) if normalised else frames


def mfcc(wave: npt.ArrayLike, rate: int, coefficients: int = 13, deltas: bool = False, floor: float = FLOOR) -> Floats:
    """Cepstral coefficients [frames, coefficients] of a wave [samples], every 10 ms from 0.

    With `deltas`, their slopes over two frames to each side follow, then the slopes of these: [frames, 3 coefficients].

    Raises:
        InputError: as `log_mel` does.

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
    """Triangles [bands, bins] over the bins of one window's spectrum, each of height 1.

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
    """Power spectrum [frames, bins] of centred windows."""
    size = _window_samples(rate)
    count = 1 + int(len(wave) / rate / PERIOD + 1e-6)
    centres = np.round(np.arange(count) * PERIOD * rate).astype(int)
    mirrored = np.pad(wave, (size // 2, size), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(mirrored, size)[centres]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return np.abs(np.fft.rfft(windows * hann)) ** 2


def _checked(wave: npt.ArrayLike, rate: int) -> Floats:
    samples = np.asarray(wave, dtype=np.float64)
    if samples.ndim != 1 or not np.isfinite(samples).all():
        raise InputError(f"expected one channel of finite samples, got shape {samples.shape}")
    if len(samples) <= _window_samples(rate):
        raise InputError(f"expected more audio than one window of {WINDOW} s, got {len(samples) / rate:.3f} s")
    return samples


def _normalise(frames: Floats) -> Floats:
    return (frames - frames.mean(axis=0)) / (frames.std(axis=0) + SOFTEST)


def _slope(frames: Floats) -> Floats:
    """Slope [frames, d] of the least-squares line through two frames to each side; ends are repeated."""
    padded = np.pad(frames, ((2, 2), (0, 0)), mode="edge")
    return (2 * (padded[4:] - padded[:-4]) + padded[3:-1] - padded[1:-3]) / 10
