"""The header of one audio file as a Lhotse recording."""

from pathlib import Path

import soundfile
from lhotse import AudioSource, Recording

from otoscope.errors import BadInput


def open_recording(path: Path, id: str, channel: int | None = None) -> Recording:
    """A recording of the audio file at `path`, from its header alone.

    Raises `BadInput` where the file is no audio, is empty, or has several channels of which `channel` (from 0) does not
    choose one.
    """
    header = _header(path)
    if header.frames == 0:
        raise BadInput(f"{path}: expected speech, got an audio file of 0 samples; replace or remove the file")
    _check_channels(path, header.channels, channel)
    return Recording(
        id=id,
        sources=[AudioSource(type="file", channels=list(range(header.channels)), source=str(path))],
        sampling_rate=header.samplerate,
        num_samples=header.frames,
        duration=header.frames / header.samplerate,
    )


def _header(path: Path) -> "soundfile._SoundFileInfo":
    if not path.is_file():
        raise BadInput(f"{path}: expected an audio file, found none; check the path")
    if path.stat().st_size == 0:
        raise BadInput(f"{path}: expected audio, got an empty file; replace or remove the file")
    try:
        return soundfile.info(path)
    except soundfile.LibsndfileError as error:
        reason = error.error_string.rstrip(". ")
        raise BadInput(f"{path}: unreadable as audio ({reason}); replace or remove the file") from None


def _check_channels(path: Path, count: int, channel: int | None) -> None:
    if channel is None and count > 1:
        raise BadInput(f"{path}: expected one channel, got {count}; choose one with --channel 0 to {count - 1}")
    if channel is not None and not 0 <= channel < count:
        raise BadInput(f"{path}: channel {channel} not found, the file has {count}; --channel counts from 0")
