"""The pages of an Ogg file (RFC 3533): whole, in sequence, of one stream, to the page that ends it."""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from otoscope.errors import InputError

PAGE_HEADER = struct.Struct("<4sxB8xII4xB")  # capture pattern, flags, serial number, sequence number, segments
FIRST_PAGE = 2
LAST_PAGE = 4


class OggPage(NamedTuple):
    """Flags, stream and sequence number of one page."""

    flags: int
    stream: int
    number: int


def check_ogg(file: BinaryIO, size: int) -> None:
    """Raise `InputError` where a page is missing or not whole, or a second stream starts."""
    flags, expected = 0, 0
    streams: set[int] = set()
    for page in _pages(file, size):
        flags = page.flags
        streams.add(page.stream)
        if len(streams) > 1 or (flags & FIRST_PAGE and expected):
            raise InputError(
                "expected one stream of audio, found a second one, as in joined files; "
                "decode each and join the audio, or replace or remove the file"
            )
        if page.number != expected:
            raise InputError(
                f"expected page {expected} of its Ogg stream, found {page.number}; replace or remove the file"
            )
        expected += 1
    if not flags & LAST_PAGE:
        raise InputError(
            f"expected a page that ends its Ogg stream, found {expected} pages without: it is truncated; "
            "replace or remove the file"
        )


def _pages(file: BinaryIO, size: int) -> Iterator[OggPage]:
    place = 0
    while place < size:
        file.seek(place)
        header = file.read(PAGE_HEADER.size)
        if len(header) < PAGE_HEADER.size or not header.startswith(b"OggS"):
            raise InputError(
                f"expected an Ogg page at byte {place}, found none: it is truncated or damaged; "
                "replace or remove the file"
            )
        _, flags, stream, number, segments = PAGE_HEADER.unpack(header)
        end = place + PAGE_HEADER.size + segments + sum(file.read(segments))
        if end > size:
            raise InputError(
                f"expected {end} bytes as its Ogg pages declare, found {size}: it is truncated; "
                "replace or remove the file"
            )
        yield OggPage(flags, stream, number)
        place = end
