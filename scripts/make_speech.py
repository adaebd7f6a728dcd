"""Make the bundled synthetic speech with four voices of flite and the exact times of their phones.

    python scripts/make_speech.py [FOLDER]

Needs the shared libraries of flite (Debian: `apt-get install flite`). Unlike the command `flite`, the library returns
times in full precision and the word of each segment.
"""

import ctypes
import json
import sys
from collections.abc import Iterator
from ctypes import POINTER, c_char_p, c_float, c_int, c_short, c_void_p
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from praatio.data_classes.interval_tier import IntervalTier
from praatio.data_classes.textgrid import Textgrid
from praatio.utilities.constants import Interval

BUNDLED = Path(__file__).parents[1] / "src" / "otoscope" / "bundled" / "speech"

SENTENCES = Path(__file__).with_name("speech_sentences.json")
"""Sentences that all voices speak (`shared`), and those of one voice (`by_voice`)."""

ARPABET = {"pau": "SIL", "ax": "AH"}  # names of flite; all other phones are ARPAbet in lower case
LEVEL_DB = -30  # RMS of every utterance, relative to full scale: the voices differ by 12 dB
NO_WORD = "0"  # flite returns this for a segment outside all words


class Segment(NamedTuple):
    """One phone, its word, and the time at which it ends."""

    phone: str
    word: str
    end: float  # seconds


class _Wave(ctypes.Structure):
    """The structure `cst_wave` of flite."""

    _fields_ = (
        ("type", c_char_p),
        ("sample_rate", c_int),
        ("num_samples", c_int),
        ("num_channels", c_int),
        ("samples", POINTER(c_short)),
    )


_SIGNATURES = {
    "flite_synth_text": (c_void_p, [c_char_p, c_void_p]),
    "utt_relation": (c_void_p, [c_void_p, c_char_p]),
    "relation_head": (c_void_p, [c_void_p]),
    "item_next": (c_void_p, [c_void_p]),
    "ffeature_string": (c_char_p, [c_void_p, c_char_p]),
    "ffeature_float": (c_float, [c_void_p, c_char_p]),
    "utt_wave": (POINTER(_Wave), [c_void_p]),
    "delete_utterance": (None, [c_void_p]),
}


def load_flite() -> ctypes.CDLL:
    """Load flite with its English language parts."""
    try:
        flite = _open_library("libflite.so.1")
        for part in ("usenglish", "cmulex"):
            _open_library(f"libflite_{part}.so.1")
    except OSError:
        sys.exit("expected the libraries of flite 2, found none; install flite (Debian: apt-get install flite)")
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(flite, name)
        function.restype, function.argtypes = result, arguments
    flite.flite_init()
    return flite


def load_voice(name: str) -> int:
    """Return the address of a voice."""
    register = getattr(_open_library(f"libflite_cmu_us_{name}.so.1"), f"register_cmu_us_{name}")
    register.restype, register.argtypes = c_void_p, [c_void_p]
    return register(None)


def _open_library(name: str) -> ctypes.CDLL:
    return ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)


def synthesize(flite: ctypes.CDLL, voice: int, text: str) -> tuple[np.ndarray, int, list[Segment]]:
    """Return one sentence as int16 samples [samples], their rate in Hz, and its segments."""
    ctypes.CDLL(None).srand(1)  # seed of the noise: an utterance does not depend on the ones before it
    utterance = flite.flite_synth_text(text.encode(), voice)
    wave = flite.utt_wave(utterance).contents
    samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).copy()
    segments = list(_segments(flite, utterance))
    rate = wave.sample_rate
    flite.delete_utterance(utterance)
    return samples, rate, segments


def _segments(flite: ctypes.CDLL, utterance: int) -> Iterator[Segment]:
    item = flite.relation_head(flite.utt_relation(utterance, b"Segment"))
    while item:
        name = flite.ffeature_string(item, b"name").decode()
        word = flite.ffeature_string(item, b"R:SylStructure.parent.parent.name").decode()
        yield Segment(ARPABET.get(name, name.upper()), word, flite.ffeature_float(item, b"end"))
        item = flite.item_next(item)


def phone_intervals(segments: list[Segment], samples: int, rate: int) -> list[Interval]:
    """Return phones on the sample grid. The last silence ends with the audio, because a voice may shorten it."""
    ends = [round(segment.end * rate) for segment in segments]
    if segments[-1].phone != "SIL" or not ends[-2] < samples < ends[-1] + 0.005 * rate:
        raise ValueError(f"audio of {samples} samples does not end in the last silence {ends[-2]}-{ends[-1]}")
    ends[-1] = samples
    starts = [0, *ends[:-1]]
    return [
        Interval(start / rate, end / rate, segment.phone)
        for start, end, segment in zip(starts, ends, segments, strict=True)
    ]


def word_intervals(phones: list[Interval], segments: list[Segment]) -> list[Interval]:
    """Return each word from its first to its last phone. No sentence repeats a word at once."""
    runs = groupby(zip(phones, segments, strict=True), key=lambda pair: pair[1].word)
    spans = ((word, [phone for phone, _ in run]) for word, run in runs if word != NO_WORD)
    return [Interval(span[0].start, span[-1].end, word) for word, span in spans]


def normalize_level(samples: np.ndarray) -> np.ndarray:
    """Return samples in [-1, 1] at `LEVEL_DB`."""
    return samples * 10 ** (LEVEL_DB / 20) / np.sqrt(np.mean(np.square(samples, dtype=float)))


def write_utterance(stem: Path, samples: np.ndarray, rate: int, segments: list[Segment]) -> None:
    """Write `stem.flac` at the common level, and `stem.TextGrid`."""
    phones = phone_intervals(segments, len(samples), rate)
    grid = Textgrid()
    for name, entries in (("phones", phones), ("words", word_intervals(phones, segments))):
        grid.addTier(IntervalTier(name, entries, 0, len(samples) / rate))
    stem.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(f"{stem}.flac", normalize_level(samples), rate, subtype="PCM_16", compression_level=1.0)
    grid.save(f"{stem}.TextGrid", format="short_textgrid", includeBlankSpaces=True)


def main(folder: Path) -> None:
    """Write every sentence to `folder/<voice>/`."""
    flite, spoken = load_flite(), json.loads(SENTENCES.read_text(encoding="utf-8"))
    for name, sentences in spoken["by_voice"].items():
        voice = load_voice(name)
        texts = {f"all-{i}": text for i, text in enumerate(spoken["shared"], 1)}
        texts |= {f"own-{i}": text for i, text in enumerate(sentences, 1)}
        for stem, text in texts.items():
            write_utterance(folder / name / stem, *synthesize(flite, voice, text))
        print(f"{folder / name}: {len(texts)} utterances")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else BUNDLED)
