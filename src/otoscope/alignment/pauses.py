"""Silence belongs to no word: pauses inside words, and silence at their edges, are taken away."""

import numpy as np
from scipy.ndimage import median_filter

from otoscope.decoders.column_labels import SILENCE_DB, silent_columns
from otoscope.models.model_settings import SAMPLING_RATE

SILENCE_PERIOD = 0.01  # seconds
SHORTEST_PAUSE = 0.2  # seconds; closures of stops are shorter
FLOOR, ABOVE_FLOOR, LOUDEST_PAUSE = 10, 6.0, -25.0  # percentile, and dB above it or below the loudest moment
CLICK = 7  # periods: shorter noise in a pause is no sound


def without_pauses(wave: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return starts and ends of words in audio `[samples]` of 16 kHz, of which none contains a pause.

    A pause is silence, or noise as weak as the weakest tenth of the audio, of `SHORTEST_PAUSE` or more. A word keeps
    the part with most sound; one without sound stays.

    Examples:
        >>> wave = np.repeat([0.1, 0.0, 0.0, 1.0, 1.0, 0.0], 1600) * np.resize([1, -1], 9600)
        >>> without_pauses(wave, np.array([0.0]), np.array([0.55]))
        (array([0.3]), array([0.55]))
    """
    start, end = start.copy(), end.copy()
    for word, first, is_sound in _words_sound(~_weak_periods(wave), start, end):
        silences = [run for run in _runs(~is_sound) if run[1] - run[0] >= round(SHORTEST_PAUSE / SILENCE_PERIOD)]
        edges = [0, *(edge for run in silences for edge in run), len(is_sound)]
        parts = list(zip(edges[::2], edges[1::2], strict=True))
        begin, stop = max(parts, key=lambda part: is_sound[slice(*part)].sum())
        if is_sound.any():
            start[word] = (first + begin) * SILENCE_PERIOD if begin else start[word]
            end[word] = (first + stop) * SILENCE_PERIOD if stop < len(is_sound) else end[word]
    return start, end


def without_silence(wave: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return starts and ends of words in audio `[samples]` of 16 kHz, without silence at their edges.

    Boundary models of aligners with labels do so by themselves, but for pauses. A word that is all silent stays as it
    is.

    Examples:
        >>> wave = np.repeat([0.0, 1.0, 0.0], 1600)
        >>> without_silence(wave, np.array([0.0]), np.array([0.25]))
        (array([0.1]), array([0.2]))
    """
    start, end = start.copy(), end.copy()
    for word, first, is_sound in _words_sound(~_silent_periods(wave), start, end):
        if len(sound := np.flatnonzero(is_sound)):
            start[word], end[word] = (first + sound[0]) * SILENCE_PERIOD, (first + sound[-1] + 1) * SILENCE_PERIOD
    return start, end


def _words_sound(is_sound: np.ndarray, start: np.ndarray, end: np.ndarray) -> list[tuple[int, int, np.ndarray]]:
    """Return each word, its first period, and which of its periods have sound."""
    places = np.maximum(np.round(np.stack([start, end]) / SILENCE_PERIOD).astype(int), 0)
    return [(word, first, is_sound[first:last]) for word, (first, last) in enumerate(places.T.tolist())]


def _silent_periods(wave: np.ndarray) -> np.ndarray:
    columns = len(wave) // round(SILENCE_PERIOD * SAMPLING_RATE)
    return np.asarray(silent_columns(wave, columns, SILENCE_PERIOD))


def _weak_periods(wave: np.ndarray) -> np.ndarray:
    """Return which periods are silent, or as weak as the noise of the recording, by differences of samples."""
    samples = round(SILENCE_PERIOD * SAMPLING_RATE)
    emphasized = np.diff(np.asarray(wave, np.float64), prepend=0.0)  # rumble is no sound
    frames = emphasized[: len(wave) // samples * samples].reshape(-1, samples)
    if not len(frames):
        return np.zeros(0, bool)
    power = np.square(frames).mean(1)
    decibels = median_filter(10 * np.log10(power / max(power.max(), 1e-12) + 1e-10), CLICK, mode="nearest")
    limit = np.clip(np.percentile(decibels, FLOOR) + ABOVE_FLOOR, -SILENCE_DB, LOUDEST_PAUSE)
    return np.asarray(decibels < limit)


def _runs(is_true: np.ndarray) -> list[tuple[int, int]]:
    """Return the first place, and the place after the last, of each run of true values."""
    changes = np.flatnonzero(np.diff(np.concatenate([[False], is_true, [False]]).astype(int)))
    return list(zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True))
