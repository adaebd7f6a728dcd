"""Whether an audio file ends before its own header says it should, which decoders pass over in silence.

WAV: the size of the data chunk. Ogg: the last page is whole and carries the end-of-stream flag (RFC 3533). NIST
SPHERE: the number of samples. MP3: the stream size of the Xing header. FLAC needs no check: its decoder fails itself.
"""

import re
import struct
from collections.abc import Callable
from io import SEEK_CUR
from math import prod
from pathlib import Path
from typing import BinaryIO

UNKNOWN_SIZE = 0x7FFFF000
"""WAV data sizes from here on, and 0, come from programs that stream and cannot know the size."""

LARGEST_OGG_PAGE = 65307
SPHERE_SIZE = re.compile(rb"NIST_1A\s+(\d+)\s")
SPHERE_COUNTS = re.compile(rb"(?:sample_count|channel_count|sample_n_bytes) -i (\d+)")


def is_truncated(path: Path) -> bool:
    """Whether the file holds less than it promises; False where it promises nothing."""
    size = path.stat().st_size
    with path.open("rb") as file:
        check = CHECKS.get(file.read(4), _mp3_is_cut_short)
        file.seek(0)
        return check(file, size)


def _wav_is_cut_short(file: BinaryIO, size: int) -> bool:
    file.seek(12)
    while len(header := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", header)
        if name == b"data":
            return 0 < length < UNKNOWN_SIZE and file.tell() + length > size
        file.seek(length + length % 2, SEEK_CUR)
    return False


def _ogg_is_cut_short(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - LARGEST_OGG_PAGE))
    page = file.read().rpartition(b"OggS")[2]
    if len(page) < 23:
        return True
    flags, segments = page[1], page[22]
    return not flags & 4 or len(page) < 23 + segments + sum(page[23 : 23 + segments])


def _sphere_is_cut_short(file: BinaryIO, size: int) -> bool:
    header = file.read(1024)
    header_size, counts = SPHERE_SIZE.match(header), SPHERE_COUNTS.findall(header)
    return header_size is not None and len(counts) == 3 and int(header_size[1]) + prod(map(int, counts)) > size


def _mp3_is_cut_short(file: BinaryIO, size: int) -> bool:
    tag = file.read(10)
    start = 10 + _syncsafe(tag[6:10]) if tag.startswith(b"ID3") else 0
    file.seek(start)
    xing = re.search(rb"(?:Xing|Info)(.{12})", file.read(200), re.DOTALL)
    flags, frames_or_bytes, then_bytes = struct.unpack(">3I", xing[1]) if xing else (0, 0, 0)
    promised = then_bytes if flags & 1 else frames_or_bytes
    return bool(flags & 2) and start + promised > size


def _promises_nothing(file: BinaryIO, size: int) -> bool:
    return False


def _syncsafe(digits: bytes) -> int:
    """A number of ID3, seven bits to the byte.

    >>> _syncsafe(bytes([0, 0, 2, 1]))
    257
    """
    return sum(digit << 7 * place for place, digit in enumerate(reversed(digits)))


CHECKS: dict[bytes, Callable[[BinaryIO, int], bool]] = {
    b"RIFF": _wav_is_cut_short,
    b"OggS": _ogg_is_cut_short,
    b"NIST": _sphere_is_cut_short,
    b"fLaC": _promises_nothing,
}
