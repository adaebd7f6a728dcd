"""The header of one audio file as a Lhotse recording."""

from pathlib import Path

import soundfile
from lhotse import AudioSource, MonoCut, Recording

from otoscope.corpus.file_index import is_there
from otoscope.corpus.truncation import AudioHeader, check_whole
from otoscope.errors import InputError, escape_undecodable

MIN_SAMPLING_RATE = 1000
"""Hz. Below it no speech is left, and a second of audio becomes hours once a wrong header is believed."""


def open_recording(path: Path, id: str, channel: int | None = None) -> Recording:
    """Return a recording of the audio file at `path`, from its header alone.

    Raises `InputError` where the file is missing, no audio, empty, or shorter than its header promises, or has several
    channels of which `channel` (from 0) does not choose one.
    """
    header = read_header(path)
    check_channels(path, header.channels, channel)
    return Recording(
        id=id,
        sources=[AudioSource(type="file", channels=list(range(header.channels)), source=str(path))],
        sampling_rate=header.samplerate,
        num_samples=header.frames,
        duration=header.frames / header.samplerate,
    )


def read_header(path: Path, content: bytes | None = None, *, reads_all: bool = False) -> AudioHeader:
    """Return rate, channels and number of samples; raise `InputError` where the file cannot be used.

    Args:
        path: the file.
        content: its content, if it was read before.
        reads_all: whether to search all bytes for a second stream of audio; done where the audio is decoded.
    """
    if escape_undecodable(str(path)) != str(path):
        raise InputError(f"{path}: expected a file name in UTF-8; rename the file or its folder")
    if not is_there(path):
        raise InputError(f"{path}: expected an audio file, found none; check the path")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: expected audio, got an empty file; replace or remove the file")
    try:
        header = check_whole(content or path, reads_all=reads_all)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (soundfile.LibsndfileError, OSError) as error:
        reason = getattr(error, "error_string", str(error)).rstrip(". ")
        raise InputError(f"{path}: unreadable as audio ({reason}); replace or remove the file") from None
    check_sampling_rate(path, header.samplerate)
    if header.frames == 0:
        raise InputError(f"{path}: expected speech, got audio of 0 samples; replace or remove the file")
    return header


def check_cut(cut: object) -> None:
    """Raise `InputError` unless a cut is of one channel of one recording."""
    if not isinstance(cut, MonoCut) or not cut.has_recording:
        raise InputError(
            f"cut {getattr(cut, 'id', cut)}: expected a MonoCut with a recording (one channel of one file), got a "
            f"{type(cut).__name__}; save its audio to a file of its own"
        )
    check_sampling_rate(cut.id, cut.sampling_rate)


def check_sampling_rate(source: Path | str, rate: int) -> None:
    """Raise `InputError` for a rate in Hz that no speech is sampled at."""
    if rate < MIN_SAMPLING_RATE:
        raise InputError(
            f"{source}: expected a sampling rate of at least {MIN_SAMPLING_RATE} Hz, found {rate} Hz; correct it"
        )


def check_channels(source: Path | str, count: int, channel: int | None) -> None:
    """Raise `InputError` unless there is one channel, or `channel` (from 0) chooses one of `count`."""
    if channel is None and count > 1:
        raise InputError(f"{source}: expected one channel, found {count}; pass --channel, from 0 to {count - 1}")
    if channel is not None and not 0 <= channel < count:
        raise InputError(f"{source}: channel {channel} not found among {count} (the first is 0); correct --channel")
