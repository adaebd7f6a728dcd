"""The size of the audio that containers made of chunks declare, against what the file holds.

WAV, RF64 (EBU Tech 3306), W64 (Sony Wave64), AIFF, CAF and AU.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from otoscope.errors import InputError

UNKNOWN_SIZE = 0x7FFFF000
"""WAV data sizes from here on, and 0, come from programs that stream and cannot know the size."""

W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
AU_UNKNOWN_SIZE = 0xFFFFFFFF


@dataclass(frozen=True)
class Chunks:
    """How a container writes its chunks.

    `header` is the struct of name and size, `first` the byte of the first chunk, `align` the multiple of bytes to which
    chunks are padded, `counts_header` whether the size includes the header.
    """

    header: str
    first: int
    align: int = 2
    counts_header: bool = False


RIFF = Chunks("<4sI", first=12)
RIFX = Chunks(">4sI", first=12)
AIFF = Chunks(">4sI", first=12)
W64 = Chunks("<16sQ", first=40, align=8, counts_header=True)
CAF = Chunks(">4sq", first=8, align=1)


@dataclass(frozen=True)
class Chunk:
    """One chunk: its name, the byte where its content starts, and the size in bytes that it declares."""

    name: bytes
    start: int
    size: int


def check_wav(file: BinaryIO, size: int) -> None:
    """Check the data chunk of WAV, in either byte order; sizes that a stream cannot know are the file's end."""
    file.seek(0)
    layout = RIFX if file.read(4) == b"RIFX" else RIFF
    for chunk in _chunks(file, layout):
        if chunk.name == b"data":
            if 0 < chunk.size < UNKNOWN_SIZE:
                _check_size(chunk.size, size - chunk.start)
                _check_rest(file, layout, chunk, size)
            return


def check_rf64(file: BinaryIO, size: int) -> None:
    """Check the data chunk of RF64, whose size of 64 bits is in the chunk ds64."""
    declared = None
    for chunk in _chunks(file, RIFF):
        if chunk.name == b"ds64":
            declared = struct.unpack("<8xQ", file.read(16).ljust(16, b"\0"))[0]
        if chunk.name == b"data":
            if declared is not None:
                _check_size(declared, size - chunk.start)
            return


def check_w64(file: BinaryIO, size: int) -> None:
    """Check the data chunk of Sony Wave64."""
    _check_chunk(file, W64, W64_DATA, size)


def check_aiff(file: BinaryIO, size: int) -> None:
    """Check the sound chunk of AIFF and AIFF-C."""
    _check_chunk(file, AIFF, b"SSND", size)


def check_caf(file: BinaryIO, size: int) -> None:
    """Check the data chunk of CAF; size -1 is the file's end."""
    _check_chunk(file, CAF, b"data", size)


def check_au(file: BinaryIO, size: int) -> None:
    """Check the data size of AU (NeXT, Sun)."""
    file.seek(0)
    header = file.read(12)
    offset, declared = struct.unpack("<2I" if header.startswith(b"dns.") else ">2I", header[4:].ljust(8, b"\0"))
    if declared != AU_UNKNOWN_SIZE:
        _check_size(declared, size - offset)


def _check_chunk(file: BinaryIO, layout: Chunks, name: bytes, size: int) -> None:
    for chunk in _chunks(file, layout):
        if chunk.name == name:
            if chunk.size >= 0:
                _check_size(chunk.size, size - chunk.start)
            return


def _chunks(file: BinaryIO, layout: Chunks) -> Iterator[Chunk]:
    place, length = layout.first, struct.calcsize(layout.header)
    while True:
        file.seek(place)
        if len(header := file.read(length)) < length:
            return
        name, size = struct.unpack(layout.header, header)
        chunk = Chunk(name, place + length, size - length if layout.counts_header else size)
        yield chunk
        if chunk.size < 0:
            return
        end = chunk.start + chunk.size
        place = end + -end % layout.align


def _check_rest(file: BinaryIO, layout: Chunks, data: Chunk, size: int) -> None:
    """Check that chunks, a tag or zeros follow the data: a header written too early leaves audio there."""
    end = data.start + data.size
    for chunk in _chunks(file, Chunks(layout.header, first=end + end % 2)):
        if chunk.name == b"data":
            raise InputError(
                "expected one chunk of audio, found a second one; write the file again with one, or remove the file"
            )
        if chunk.name[:3] in (b"TAG", b"ID3"):
            return
        if not chunk.name.isascii() or not chunk.name.decode().isprintable() or chunk.start + chunk.size > size + 1:
            file.seek(chunk.start - 8)
            if any(file.read()):
                _raise_difference(data.size, size - data.start)
            return


def _check_size(declared: int, present: int) -> None:
    if declared > present:
        _raise_difference(declared, present)


def _raise_difference(declared: int, present: int) -> None:
    reason = "it is truncated" if present < declared else "its header is wrong"
    raise InputError(
        f"expected {declared} bytes of audio as its header declares, found {present}: {reason}; "
        "replace or remove the file"
    )
