"""Make the bundled synthetic speech: four flite voices, with the segment times flite itself spoke by.

    python scripts/make_speech.py [FOLDER]

Needs flite's shared libraries (Debian: `apt-get install flite`). Speaking through the library rather than the `flite`
command gives times in full precision and the word each segment belongs to.
"""

import ctypes
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

EMBEDDED = Path(__file__).parents[1] / "src" / "otoscope" / "bundled" / "speech"

SPOKEN_BY_ALL = (
    "A bright voice measured the quiet room, then chose to sing.",
    "Both of us should enjoy good weather, though thunder is near.",
)
SPOKEN_BY_ONE = {
    "awb": (
        "The judge gave a short speech about the value of pleasure.",
        "Cold wind shook the loose shutters of the empty tower.",
        "Do you usually walk to the village, or do you take the bus?",
        "A noisy crowd watched the ship leave the southern bay.",
        "Our teacher drew a large circle with thick blue chalk.",
        "She found a rare coin under the wooden stairs.",
        "Nothing in this town could spoil our long weekend.",
    ),
    "kal16": (
        "The young cook put five heavy jars on the shelf by noon.",
        "Which road goes around the marsh and past the old church?",
        "Her vision blurred as the beige fog rolled over the harbor.",
        "We heard the choir rehearse a joyful tune in the garage.",
        "Three tired foxes slept beneath the oak until dawn.",
        "Please hang your wet coat on the hook behind the door.",
        "My cousin bought a cheap toy boat with a yellow sail.",
    ),
    "rms": (
        "The bees hummed while Judy picked ripe cherries for a pie.",
        "An engine coughed twice, and the machine began to move.",
        "He poured some hot soup into a huge white bowl.",
        "Few people know how the treasure was shared by the brothers.",
        "Push the thin lever down until you hear a sharp click.",
        "The boys were annoyed when the game was over so early.",
        "Fresh orange juice and thick toast were served outside.",
    ),
    "slt": (
        "A shy mouse ran across the kitchen and vanished.",
        "Choose a smooth path through the birch woods, and do not hurry.",
        "The pilot checked the gauge, closed the valve, and smiled.",
        "Pale moths flew toward the window of the dark house.",
        "I would rather join you for lunch on Thursday.",
        "The royal zoo keeps seven zebras and a lazy giraffe.",
        "Loud music from the street made it tough to think.",
    ),
}

ARPABET = {"pau": "SIL", "ax": "AH"}  # flite's own names; every other phone is ARPAbet in lower case
LEVEL = -30  # dB RMS re full scale, of every utterance: the voices differ by 12 dB
NO_WORD = "0"  # flite's answer for a segment outside every word


class Segment(NamedTuple):
    phone: str
    word: str
    end: float  # seconds


class _Wave(ctypes.Structure):
    """flite's `cst_wave`."""

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
    """The flite library with its English language parts, ready to speak."""
    try:
        flite = _library("libflite.so.1")
        for part in ("usenglish", "cmulex"):
            _library(f"libflite_{part}.so.1")
    except OSError:
        sys.exit("flite 2 is needed to make the speech and was not found. Install it (Debian: apt-get install flite).")
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(flite, name)
        function.restype, function.argtypes = result, arguments
    flite.flite_init()
    return flite


def load_voice(name: str) -> int:
    """Address of one voice."""
    register = getattr(_library(f"libflite_cmu_us_{name}.so.1"), f"register_cmu_us_{name}")
    register.restype, register.argtypes = c_void_p, [c_void_p]
    return register(None)


def _library(name: str) -> ctypes.CDLL:
    return ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)


def speak(flite: ctypes.CDLL, voice: int, text: str) -> tuple[np.ndarray, int, list[Segment]]:
    """One sentence as int16 samples, their rate in Hz, and the segments it was spoken by."""
    ctypes.CDLL(None).srand(1)  # the voices' noise source: each utterance is the same whatever was spoken before it
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


def intervals(segments: list[Segment], samples: int, rate: int) -> list[Interval]:
    """Phones on the sample grid. The closing silence ends where the audio ends: a voice may cut its second half."""
    ends = [round(segment.end * rate) for segment in segments]
    if segments[-1].phone != "SIL" or not ends[-2] < samples < ends[-1] + 0.005 * rate:
        raise ValueError(f"audio of {samples} samples does not end in the closing silence {ends[-2]}-{ends[-1]}")
    ends[-1] = samples
    starts = [0, *ends[:-1]]
    return [
        Interval(start / rate, end / rate, segment.phone)
        for start, end, segment in zip(starts, ends, segments, strict=True)
    ]


def words(phones: list[Interval], segments: list[Segment]) -> list[Interval]:
    """Each word from the start of its first phone to the end of its last (no sentence has a word twice in a row)."""
    runs = groupby(zip(phones, segments, strict=True), key=lambda pair: pair[1].word)
    spans = ((word, [phone for phone, _ in run]) for word, run in runs if word != NO_WORD)
    return [Interval(span[0].start, span[-1].end, word) for word, span in spans]


def levelled(samples: np.ndarray) -> np.ndarray:
    """Samples in [-1, 1] at `LEVEL`."""
    return samples * 10 ** (LEVEL / 20) / np.sqrt(np.mean(np.square(samples, dtype=float)))


def write_utterance(stem: Path, samples: np.ndarray, rate: int, segments: list[Segment]) -> None:
    """`stem.flac`, levelled, and `stem.TextGrid`."""
    phones = intervals(segments, len(samples), rate)
    grid = Textgrid()
    for name, entries in (("phones", phones), ("words", words(phones, segments))):
        grid.addTier(IntervalTier(name, entries, 0, len(samples) / rate))
    stem.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(f"{stem}.flac", levelled(samples), rate, subtype="PCM_16", compression_level=1.0)
    grid.save(f"{stem}.TextGrid", format="short_textgrid", includeBlankSpaces=True)


def main(folder: Path) -> None:
    """Speak every sentence into `folder/<voice>/`."""
    flite = load_flite()
    for name, own in SPOKEN_BY_ONE.items():
        voice = load_voice(name)
        texts = {f"all-{i}": text for i, text in enumerate(SPOKEN_BY_ALL, 1)}
        texts |= {f"own-{i}": text for i, text in enumerate(own, 1)}
        for stem, text in texts.items():
            write_utterance(folder / name / stem, *speak(flite, voice, text))
        print(f"{folder / name}: {len(texts)} utterances")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else EMBEDDED)
