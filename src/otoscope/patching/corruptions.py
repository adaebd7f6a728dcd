"""Corrupt an utterance: noise, a phone of silence, another phone, another speaker. Its length never changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from lhotse import MonoCut

from otoscope.corpus import phones_of, speaker_of
from otoscope.errors import InputError
from otoscope.runs.speech_source import LoadedSpeech

FORMS = "noise:SNR, silence:PHONE, phone:A=B or speaker"

Span = tuple[int, int]
"""First sample, and the sample after the last."""
Corrupt = Callable[[LoadedSpeech, int, int], np.ndarray | None]
"""Returns the corrupted samples of an utterance by its index, at a rate; None where it has nothing to corrupt."""


@dataclass(frozen=True)
class Corruption:
    """A corruption: its text, what it does, and whether it needs phones or speakers."""

    text: str
    corrupt: Corrupt
    needs_phones: bool = False
    needs_speakers: bool = False

    def check_cuts(self, cuts: Sequence[MonoCut]) -> None:
        """Raise InputError if the speech lacks the labels or speakers of the corruption."""
        if self.needs_phones and not any(phones_of(cut) for cut in cuts):
            raise InputError(f"expected phone labels for --corrupt {self.text}, found none; choose noise or speaker")
        if self.needs_speakers and len({speaker_of(cut) for cut in cuts} - {None}) < 2:
            raise InputError("expected two speakers or more for --corrupt speaker, found fewer; add speech")


def parse_corruption(text: str) -> Corruption:
    """Return the corruption that a user typed.

    Raises:
        InputError: it has none of the forms.

    >>> parse_corruption("noise:10").needs_phones, parse_corruption("silence:aa").needs_phones
    (False, True)
    """
    kind, _, rest = text.partition(":")
    source, _, target = rest.partition("=")
    if kind == "noise" and _is_number(rest):
        return Corruption(text, lambda speech, index, rate: add_noise(speech.waves[index], float(rest), index))
    if kind == "silence" and rest:
        return Corruption(text, lambda *where: _silence(rest, *where), needs_phones=True)
    if kind == "phone" and source and target:
        return Corruption(text, lambda *where: _other_phone(source, target, *where), needs_phones=True)
    if text == "speaker":
        return Corruption(text, lambda speech, index, rate: _other_speaker(speech, index), needs_speakers=True)
    raise InputError(f"expected --corrupt {FORMS}, found '{text}'; choose one of these forms")


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def add_noise(wave: np.ndarray, snr_db: float, seed: int) -> np.ndarray:
    """Return a wave with white noise at a signal-to-noise ratio in dB.

    >>> wave = np.ones(100_000)
    >>> noise = add_noise(wave, 20.0, seed=0) - wave
    >>> round(float(np.square(noise).mean()), 3)
    0.01
    """
    power = np.square(wave, dtype=np.float64).mean() * 10 ** (-snr_db / 10)
    noise = np.random.default_rng(seed).normal(scale=np.sqrt(power), size=len(wave))
    return (wave + noise).astype(wave.dtype)


def _silence(phone: str, speech: LoadedSpeech, index: int, rate: int) -> np.ndarray | None:
    wave = speech.waves[index].copy()
    for start, stop in _spans(phone, speech, index, rate):
        wave[start:stop] = 0
    return _if_changed(wave, speech, index)


def _other_phone(source: str, target: str, speech: LoadedSpeech, index: int, rate: int) -> np.ndarray | None:
    """Replace each span of a phone by the longest span of another phone in the next utterance that has it."""
    if not (spans := _spans(source, speech, index, rate)):
        return None
    count, wave = len(speech.cuts), speech.waves[index].copy()
    others = [(index + step) % count for step in [*range(1, count), 0]]
    donor = next((other for other in others if _spans(target, speech, other, rate)), None)
    if donor is None:
        raise InputError(f"expected the phone '{target}' of --corrupt in the corpus, found none; choose another phone")
    start, stop = max(_spans(target, speech, donor, rate), key=lambda span: span[1] - span[0])
    sound = speech.waves[donor][start:stop]
    for first, last in spans:
        wave[first:last] = fit_length(sound, last - first)
    return wave


def _other_speaker(speech: LoadedSpeech, index: int) -> np.ndarray | None:
    """Return the utterance of another speaker whose length is closest, cut or repeated to this length."""
    own, wave = speaker_of(speech.cuts[index]), speech.waves[index]
    speakers = [speaker_of(cut) for cut in speech.cuts]
    others = [number for number, speaker in enumerate(speakers) if speaker and speaker != own]
    if own is None or not others:
        return None
    closest = min(others, key=lambda number: abs(len(speech.waves[number]) - len(wave)))
    return fit_length(speech.waves[closest], len(wave))


def fit_length(samples: np.ndarray, length: int) -> np.ndarray:
    """Return samples cut or repeated to a length.

    >>> fit_length(np.array([1, 2, 3]), 2).tolist(), fit_length(np.array([1, 2]), 5).tolist()
    ([1, 2], [1, 2, 1, 2, 1])
    """
    return np.resize(samples, length)


def _spans(phone: str, speech: LoadedSpeech, index: int, rate: int) -> list[Span]:
    """Return the spans of a phone in samples; its symbol is that of the corpus.

    Raises:
        InputError: they cover the whole utterance.
    """
    length = len(speech.waves[index])
    labelled = [(start, end) for symbol, start, end in phones_of(speech.cuts[index]) if symbol == phone]
    spans = [(round(start * rate), min(round(end * rate), length)) for start, end in labelled]
    spans = [(start, stop) for start, stop in spans if stop > start]
    if sum(stop - start for start, stop in spans) >= length:
        raise InputError(
            f"expected a corruption shorter than the utterance {speech.cuts[index].id}, found '{phone}' from its start "
            "to its end; choose another phone or utterance"
        )
    return spans


def _if_changed(wave: np.ndarray, speech: LoadedSpeech, index: int) -> np.ndarray | None:
    return None if np.array_equal(wave, speech.waves[index]) else wave
