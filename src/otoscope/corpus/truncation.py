"""Whether an audio file holds what its container declares, and one stream only; decoders often skip both questions.

| container            | declaration                                     | module            |
|----------------------|-------------------------------------------------|-------------------|
| WAV, RF64, W64, AIFF, CAF, AU | size of the chunk with the audio       | `chunk_sizes.py`  |
| NIST SPHERE          | number of samples                               | `sphere_header.py`|
| Ogg                  | pages in sequence, the last with a flag (RFC 3533) | `ogg_pages.py` |
| MP3                  | number of frames in the Xing header             | `mp3_frames.py`   |
| FLAC                 | nothing to check here: its decoder fails itself |                   |

Other containers, such as VOC or PAF, are not read: nothing shows whether such a file is whole.
"""

import mmap
import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import soundfile

from otoscope.corpus.chunk_sizes import check_aiff, check_au, check_caf, check_rf64, check_w64, check_wav
from otoscope.corpus.mp3_frames import count_mp3_samples, id3_size, mp3_length
from otoscope.corpus.ogg_pages import check_ogg
from otoscope.corpus.sphere_header import check_sphere
from otoscope.errors import InputError

Content = bytes | mmap.mmap

CONTAINERS = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "NIST", "FLAC", "OGG", "MP3")
"""Containers that are read, as libsndfile names them."""

STREAM_STARTS = {
    b"RIFF": rb"RIFF.{4}WAVE",
    b"RIFX": rb"RIFX.{4}WAVE",
    b"RF64": rb"RF64.{4}WAVEds64",
    b"riff": rb"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb",
    b"FORM": rb"FORM.{4}AIF[FC]",
    b".snd": rb"\.snd\x00\x00.{6}\x00\x00\x00.",
    b"dns.": rb"dns\..{2}\x00\x00.{4}.\x00\x00\x00",
    b"caff": rb"caff\x00\x01\x00\x00desc",
    b"NIST": rb"NIST_1A\n",
    b"fLaC": rb"fLaC[\x00\x80]\x00\x00\x22",
}
"""How a stream of each container starts, by its first four bytes: long enough not to occur in audio by chance."""


@dataclass(frozen=True)
class AudioHeader:
    """Container, sampling rate (Hz), channels, and samples of each channel, with the names of soundfile."""

    format: str
    samplerate: int
    channels: int
    frames: int


def check_whole(source: Path | bytes, *, reads_all: bool = True) -> AudioHeader:
    """Return the header of audio, a file or its content, that holds what it declares, and one stream only.

    Args:
        source: the file or its content.
        reads_all: whether to search for a second stream, for which all bytes are read.

    Raises:
        InputError: the audio is truncated, of several streams, or in a container that is not read.
        soundfile.LibsndfileError: libsndfile cannot open it.

    Examples:
        >>> check_whole(Path("no/such/file.wav"))
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'no/such/file.wav'
    """
    if isinstance(source, bytes):
        return _checked_header(BytesIO(source), source, reads_all)
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _checked_header(file, content, reads_all)


def _checked_header(file: BinaryIO, content: Content, reads_all: bool) -> AudioHeader:
    start = id3_size(file.read(10))
    if reads_all:
        _check_one_stream(content, start)
    check = CHECKS.get(content[start : start + 4], _nothing_declared)
    check(file, len(content))
    is_mpeg = content[start : start + 1] == b"\xff"  # the decoder prints a warning of its own on truncated files
    counted = count_mp3_samples(file, len(content)) if is_mpeg else None
    file.seek(0)
    header = soundfile.info(file)
    if header.format not in CONTAINERS:
        raise InputError(
            f"expected audio in {', '.join(CONTAINERS)}, found {header.format}, which does not show whether it is "
            "whole; convert the file to FLAC"
        )
    frames = header.frames
    if header.format == "MP3":
        frames = mp3_length(counted if is_mpeg else count_mp3_samples(file, len(content)), frames)
    return AudioHeader(header.format, header.samplerate, header.channels, frames)


def _check_one_stream(content: Content, start: int) -> None:
    signature = STREAM_STARTS.get(content[start : start + 4])
    if signature is None:
        return
    second = re.compile(signature, re.DOTALL).search(content, start + 4)
    if second:
        raise InputError(
            f"expected one stream of audio, found a second one at byte {second.start()}, as in joined files; "
            "decode each and join the audio, or replace or remove the file"
        )


def _nothing_declared(file: BinaryIO, size: int) -> None:
    """Leave the check to the decoder."""


CHECKS: dict[bytes, Callable[[BinaryIO, int], None]] = {
    b"RIFF": check_wav,
    b"RIFX": check_wav,
    b"RF64": check_rf64,
    b"riff": check_w64,
    b"FORM": check_aiff,
    b".snd": check_au,
    b"dns.": check_au,
    b"caff": check_caf,
    b"NIST": check_sphere,
    b"OggS": check_ogg,
    b"fLaC": _nothing_declared,
}
"""Checks of containers by their first four bytes; MP3 has none."""
