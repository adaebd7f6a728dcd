"""The audio of an utterance as a WAV file that any browser plays."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from otoscope.errors import InputError

LONGEST = 600.0  # seconds that are given to a browser


@dataclass(frozen=True)
class Sound:
    """Where an utterance lies: a file, the seconds in it, the channel."""

    path: str
    start: float
    duration: float
    channel: int = 0


def trouble(sound: Sound) -> str:
    """Why the audio cannot be played; empty where it can.

    >>> trouble(Sound("moved/away.wav", 0, 1))
    'its audio is no longer at moved/away.wav; the rest of the run can still be seen'
    """
    if not Path(sound.path).is_file():
        return f"its audio is no longer at {sound.path}; the rest of the run can still be seen"
    if sound.duration > LONGEST:
        return f"its audio is longer than {LONGEST / 60:.0f} minutes, the most that is sent to a browser"
    return ""


def wav(sound: Sound) -> bytes:
    """The utterance as 16-bit WAV, mono, at its own rate.

    Raises:
        InputError: the audio is gone, cannot be read, or is too long.
    """
    if problem := trouble(sound):
        raise InputError(problem)
    try:
        with soundfile.SoundFile(sound.path) as file:
            file.seek(round(sound.start * file.samplerate))
            samples = file.read(round(sound.duration * file.samplerate), dtype="float32", always_2d=True)
            rate = file.samplerate
    except (soundfile.LibsndfileError, ValueError) as error:
        raise InputError(f"{sound.path} cannot be read as audio any more: {error}") from None
    written = io.BytesIO()
    mono = np.clip(samples[:, min(sound.channel, samples.shape[1] - 1)], -1, 1)
    soundfile.write(written, mono, rate, format="WAV", subtype="PCM_16")
    return written.getvalue()
