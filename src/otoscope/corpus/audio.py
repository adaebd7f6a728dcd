"""Samples of one cut at the rate a model asks for, checked."""

import math

import numpy as np
from lhotse import MonoCut

from otoscope.corpus.decoding import decode_cut, source_name, source_of
from otoscope.corpus.recording import check_cut
from otoscope.errors import InputError

MAX_AMPLITUDE = 2.0**31
"""Full scale of 32-bit integers: no recording has larger samples, scaled or not."""


def load_audio(cut: MonoCut, sampling_rate: int) -> np.ndarray:
    """Return the audio of one cut, resampled by a polyphase filter.

    Args:
        cut: a cut of one recording.
        sampling_rate: sampling rate of the result in Hz.

    Returns:
        Samples as float32 `[samples]`.

    Raises:
        InputError: the file cannot be decoded to its end, is not as its recording declares, is empty, or has samples
            that are NaN, infinite or larger than the full scale of every format; or the cut is not of one recording.

    Examples:
        >>> from otoscope.bundled import speech
        >>> from otoscope.corpus import read_corpus
        >>> cut = next(iter(read_corpus(speech())))
        >>> load_audio(cut, 8000).dtype
        dtype('float32')
    """
    check_cut(cut)
    source = audio_path(cut)
    samples = decode_cut(cut)
    if samples.size == 0:
        raise InputError(f"{source}: expected speech, got 0 samples; replace or remove the file")
    if not np.isfinite(samples).all():
        bad = int((~np.isfinite(samples)).sum())
        raise InputError(f"{source}: expected finite samples, got {bad} NaN or infinite; replace or remove the file")
    if (largest := float(np.abs(samples).max())) > MAX_AMPLITUDE:
        raise InputError(f"{source}: expected samples between -1 and 1, got {largest:.3g}; replace or remove the file")
    return resample(samples, cut.sampling_rate, sampling_rate)


def audio_path(cut: MonoCut) -> str:
    """Return the audio file of a cut, or its id if the audio is not a file."""
    return source_name(source_of(cut), cut)


def with_file_name(cut: MonoCut, error: InputError) -> str:
    """Return what is wrong with a cut, with the name of its audio file."""
    source = audio_path(cut)
    return str(error) if source in str(error) else f"{source}: {error}"


def resample(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Return samples `[samples]` at another rate in Hz, by a polyphase filter, as float32.

    >>> resample(np.zeros(160, np.float32), 16000, 8000).shape
    (80,)
    """
    if rate == wanted:
        return samples
    from scipy.signal import resample_poly  # takes half a second to import

    divisor = math.gcd(rate, wanted)
    return np.asarray(resample_poly(samples, wanted // divisor, rate // divisor), dtype=np.float32)
