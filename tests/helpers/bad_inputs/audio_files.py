"""Audio that is truncated, empty, swapped, silent or of another kind than its name says."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from tests.helpers.bad_inputs.attempt import Attempt, Samples

RATE = 16000
FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "rf64": ("RF64", "PCM_16"),
    "sph": ("NIST", "PCM_16"),
}
WAVES = {
    "no samples": np.zeros(0),
    "one sample": np.full(1, 0.1),
    "99 samples": np.full(99, 0.1),
    "digital silence": np.zeros(RATE),
    "a constant": np.full(RATE, 0.5),
    "clipped": np.sign(np.sin(np.arange(RATE))),
    "two channels": np.ones((RATE, 2)) * 0.1,
    "nine channels": np.ones((RATE, 9)) * 0.1,
}
FLOATS = {
    "NaN": np.full(RATE, np.nan),
    "one NaN": np.where(np.arange(RATE) == 77, np.nan, 0.1),
    "infinite": np.full(RATE, np.inf),
    "huge": np.full(RATE, 1e38),
    "tiny": np.full(RATE, 1e-38),
}


def noise() -> np.ndarray:
    """Return one second of noise."""
    return np.random.default_rng(0).normal(0, 0.1, RATE)


def encode(samples: np.ndarray, ending: str, rate: int = RATE, subtype: str | None = None) -> bytes:
    """Return an audio file."""
    kind, default = FORMATS[ending]
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype or default)
    return buffer.getvalue()


def audio_attempts() -> Iterator[Attempt]:
    """Yield a corpus of one bad file each."""
    for ending in FORMATS:
        whole = encode(noise(), ending, 48000 if ending == "opus" else RATE)
        for share in (0.0, 0.002, 0.3, 0.9):
            yield _file(f"{ending}, {share:.1%} of it", f"a.{ending}", whole[: int(len(whole) * share)])
        yield _file(f"{ending} with bytes after its end", f"a.{ending}", whole + b"\0junk" * 99)
        yield _file(f"{ending} twice", f"a.{ending}", whole + whole)
        yield _file(f"{ending} with bytes changed", f"a.{ending}", _damaged(whole))
        for other in sorted({"wav", "flac", "mp3"} - {ending}):
            yield _file(f"{ending} named {other}", f"a.{other}", whole)
    for name, wave in WAVES.items():
        yield _file(name, "a.wav", encode(wave, "wav"))
    for name, wave in FLOATS.items():
        yield _file(name, "a.wav", encode(wave, "wav", subtype="FLOAT"))
    for rate in (1, 100, 4000, 7999, 8000, 44100, 192000, 1_000_000):
        yield _file(f"a rate of {rate} Hz", "a.wav", encode(noise(), "wav", rate))
    for name in (
        " .wav",
        "a b.wav",
        "-o.wav",
        "a\nb.wav",
        "%s.wav",
        "{0}.wav",
        "ü.wav",
        "u\u0308.wav",
        "'\".wav",
        "." + "a" * 200 + ".wav",
    ):
        yield _file(f"the name {name!r}", name, encode(noise(), "wav"))
    yield Attempt(
        "audio", "a folder named a.wav", ANALYZE, lambda here, _: (here / "corpus" / "a.wav").mkdir(parents=True)
    )
    yield Attempt("audio", "a link to nowhere", ANALYZE, _dangling)
    yield Attempt(
        "audio", "a file in place of the corpus", ("analyze", "{model}", "{here}/corpus", "-o", "{here}/out"), _text
    )


ANALYZE = ("analyze", "{model}", "{here}/corpus", "-o", "{here}/out")


def _file(name: str, file: str, content: bytes) -> Attempt:
    return Attempt("audio", name, ANALYZE, write_into("corpus", file, content))


def write_into(folder: str, file: str, content: bytes) -> Callable[[Path, Samples], None]:
    """Return a function that writes one file into a folder of the attempt."""

    def prepare(here: Path, samples: Samples) -> None:
        (here / folder).mkdir(parents=True, exist_ok=True)
        (here / folder / file).write_bytes(content)

    return prepare


def _damaged(content: bytes) -> bytes:
    bytes_ = bytearray(content)
    positions = np.random.default_rng(1).integers(0, len(bytes_), 40)
    for position in positions:
        bytes_[position] ^= 0xA5
    return bytes(bytes_)


def _dangling(here: Path, samples: Samples) -> None:
    (here / "corpus").mkdir()
    (here / "corpus" / "a.wav").symlink_to(here / "nowhere.wav")


def _text(here: Path, samples: Samples) -> None:
    (here / "corpus").write_text("a text")
