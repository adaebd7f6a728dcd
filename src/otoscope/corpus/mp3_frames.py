"""The frames of an MPEG audio file (ISO 11172-3, 13818-3): counted, and compared with the Xing header."""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from otoscope.errors import InputError

MPEG1, MPEG2, MPEG25 = 3, 2, 0
LAYER_1, LAYER_2, LAYER_3 = 3, 2, 1
RATES = {MPEG1: (44100, 48000, 32000), MPEG2: (22050, 24000, 16000), MPEG25: (11025, 12000, 8000)}
KBITS = {
    (True, LAYER_1): range(0, 449, 32),
    (True, LAYER_2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, LAYER_3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, LAYER_1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, LAYER_2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, LAYER_3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates in kbit/s by whether the version is 1, and layer; index 0 is a free bit rate."""

MONO = 3
HAS_FRAMES, HAS_BYTES = 1, 2


class XingHeader(NamedTuple):
    """The number of frames and of bytes that a first frame declares, None where it does not."""

    frames: int | None
    size: int | None


def count_mp3_samples(file: BinaryIO, size: int) -> int | None:
    """Return the number of samples of an MP3 file by its frames, or None if its Xing header states the number.

    Args:
        file: the file.
        size: its size in bytes.

    Raises:
        InputError: frames are missing, or a second stream starts.
    """
    file.seek(0)
    content = file.read()
    start = id3_size(content[:10])
    frames = list(_frames(content, start))
    if not frames:
        return None
    _check_end(content, frames[-1], size)
    header = _stream_header(content, frames)
    if header is not None:
        _check_xing(header, len(frames) - 1, size - start)
        if header.frames is not None:
            return None
    return (len(frames) - (header is not None)) * _frame_samples(content, frames[0])


def mp3_length(counted: int | None, decoder_samples: int) -> int:
    """Return the number of samples that `count_mp3_samples` counted, otherwise the number that the decoder states.

    Without a number of frames in a Xing header, decoders estimate the length from the first bit rate and the file's
    size, and read no further than that.

    Raises:
        InputError: the decoder would end before the file.
    """
    if counted is not None and decoder_samples < counted:
        raise InputError(
            f"expected a Xing header with the length of {counted} samples, found none, and the decoder would read "
            f"{decoder_samples}; write the header with `ffmpeg -i IN -c copy OUT`, or convert the file to FLAC"
        )
    return decoder_samples if counted is None else counted


def id3_size(tag: bytes) -> int:
    """Return the size in bytes of the ID3 tag before the audio, from the tag's first 10 bytes; 0 without one.

    >>> id3_size(bytes([*b"ID3", 3, 0, 0, 0, 0, 2, 1])), id3_size(b"RIFF")
    (267, 0)
    """
    if len(tag) < 10 or not tag.startswith(b"ID3"):
        return 0
    return 10 + sum(digit << 7 * place for place, digit in enumerate(reversed(tag[6:10])))


def _stream_header(content: bytes, frames: list[int]) -> XingHeader | None:
    """Return the Xing header of the only stream, or None if its first frame has none.

    Raises:
        InputError: a later frame has a Xing header: a second stream starts there.
    """
    if any(_xing(content, place) for place in frames[1:]):
        raise InputError(
            "expected one stream of audio, found a second one, as in joined files; "
            "decode each and join the audio, or replace or remove the file"
        )
    return _xing(content, frames[0])


def _check_end(content: bytes, last_frame: int, size: int) -> None:
    """Raise InputError if the last frame ends after the file."""
    end = last_frame + _frame_size(content, last_frame)
    if end > size:
        raise InputError(
            f"expected {end} bytes as its frames declare, found {size}: it is truncated; replace or remove the file"
        )


def _check_xing(declared: XingHeader, frames: int, size: int) -> None:
    """Raise InputError if a header contradicts the file; the header may count its own frame or not."""
    if declared.frames is not None and declared.frames - 1 not in (frames - 1, frames):
        reason = "it is truncated" if frames < declared.frames else "its header is wrong"
        raise InputError(
            f"expected {declared.frames} frames as its header declares, found {frames}: {reason}; "
            "replace or remove the file"
        )
    if declared.size is not None and declared.size > size:
        raise InputError(
            f"expected {declared.size} bytes as its header declares, found {size}: it is truncated; "
            "replace or remove the file"
        )


def _frames(content: bytes, place: int) -> Iterator[int]:
    """Yield the first byte of each frame; what is between frames, such as a tag, is skipped as decoders do."""
    while place + 4 <= len(content):
        if step := _frame_size(content, place):
            yield place
            place += step
        else:
            place = _next_frame(content, place + 1)


def _next_frame(content: bytes, place: int) -> int:
    """Return the next place where two frames follow each other."""
    while (place := content.find(b"\xff", place)) >= 0:
        step = _frame_size(content, place)
        if step and _frame_size(content, place + step):
            return place
        place += 1
    return len(content)


def _frame_size(content: bytes, place: int) -> int:
    """Return the size in bytes of the frame at `place`, or 0 where there is no frame."""
    if place + 4 > len(content):
        return 0
    word = int.from_bytes(content[place : place + 4], "big")
    version, layer = word >> 19 & 3, word >> 17 & 3
    rate, kbit, padding = word >> 10 & 3, word >> 12 & 15, word >> 9 & 1
    if word >> 21 != 0x7FF or version == 1 or layer == 0 or rate == 3 or kbit in (0, 15):
        return 0
    bits = KBITS[version == MPEG1, layer][kbit] * 1000
    if layer == LAYER_1:
        return int(12 * bits // RATES[version][rate] + padding) * 4
    return int(_frame_samples(content, place) // 8 * bits // RATES[version][rate] + padding)


def _frame_samples(content: bytes, place: int) -> int:
    version, layer = content[place + 1] >> 3 & 3, content[place + 1] >> 1 & 3
    if layer == LAYER_1:
        return 384
    return 576 if layer == LAYER_3 and version != MPEG1 else 1152


def _xing(content: bytes, place: int) -> XingHeader | None:
    """Return the Xing header of the frame at `place`, which follows an empty side information, or None."""
    version, mode = content[place + 1] >> 3 & 3, content[place + 3] >> 6
    empty = {(True, True): 17, (True, False): 32, (False, True): 9, (False, False): 17}[version == MPEG1, mode == MONO]
    start = place + 4 + empty
    if content[start : start + 4] not in (b"Xing", b"Info") or any(content[place + 4 : start]):
        return None
    if len(content) < start + 16:
        return None
    flags, first, second = struct.unpack_from(">3I", content, start + 4)
    has_frames, has_bytes = bool(flags & HAS_FRAMES), bool(flags & HAS_BYTES)
    return XingHeader(first if has_frames else None, (second if has_frames else first) if has_bytes else None)
