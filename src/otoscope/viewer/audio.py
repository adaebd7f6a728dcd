"""The audio of an utterance as a WAV file, which any browser plays."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from otoscope.errors import InputError

MAX_SECONDS = 600.0  # that a browser receives


@dataclass(frozen=True)
class AudioSegment:
    """A part of an audio file: start and duration in seconds, and the channel."""

    path: str
    start: float
    duration: float
    channel: int = 0


def audio_problem(segment: AudioSegment) -> str:
    """Return why the audio cannot be played; empty where it can.

    >>> audio_problem(AudioSegment("moved/away.wav", 0, 1))
    'its audio is no longer at moved/away.wav; the viewer shows the rest of the run'
    """
    if not Path(segment.path).is_file():
        return f"its audio is no longer at {segment.path}; the viewer shows the rest of the run"
    if segment.duration > MAX_SECONDS:
        return f"its audio is longer than {MAX_SECONDS / 60:.0f} minutes, the maximum for a browser"
    return ""


def folder_problem(segment: AudioSegment, folders: Sequence[Path]) -> str:
    """Return why audio that a run names may not be played: it is outside these folders. Links are followed.

    >>> folder_problem(AudioSegment("/corpus/../home/a.wav", 0, 1), [Path("/corpus")])
    'its audio, /corpus/../home/a.wav, is outside the corpus of the run; to play it, start the viewer with --audio-root and the folder of the audio'
    """  # noqa: E501
    path = Path(segment.path).resolve()
    if any(path.is_relative_to(folder.resolve()) for folder in folders):
        return ""
    return (
        f"its audio, {segment.path}, is outside the corpus of the run; to play it, start the viewer with "
        "--audio-root and the folder of the audio"
    )


def wav(segment: AudioSegment) -> bytes:
    """Return the utterance as a 16-bit WAV file, mono, at its own sample rate.

    Raises:
        InputError: the file does not exist, cannot be read, or is too long.
    """
    if problem := audio_problem(segment):
        raise InputError(problem)
    try:
        with soundfile.SoundFile(segment.path) as file:
            file.seek(round(segment.start * file.samplerate))
            samples = file.read(round(segment.duration * file.samplerate), dtype="float32", always_2d=True)
            rate = file.samplerate
    except (soundfile.LibsndfileError, ValueError) as error:
        raise InputError(f"{segment.path} cannot be read as audio any more: {error}") from None
    file_bytes = io.BytesIO()
    mono = np.clip(samples[:, min(segment.channel, samples.shape[1] - 1)], -1, 1)
    soundfile.write(file_bytes, mono, rate, format="WAV", subtype="PCM_16")
    return file_bytes.getvalue()
