"""The header of a NIST SPHERE file: its number of samples and its compression."""

import re
from math import prod
from typing import BinaryIO

from otoscope.errors import InputError

HEADER_SIZE = re.compile(rb"NIST_1A\s+(\d+)\s")
COUNTS = re.compile(rb"^(sample_count|channel_count|sample_n_bytes) -i (\d+)", re.MULTILINE)
CODING = re.compile(rb"^sample_coding -s\d+ (\S+)", re.MULTILINE)
COMPRESSIONS = (b"shorten", b"shortpack", b"wavpack")


def check_sphere(file: BinaryIO, size: int) -> None:
    """Raise `InputError` where the file is compressed, or holds fewer or more samples than its header declares."""
    file.seek(0)
    match = HEADER_SIZE.match(file.read(1024))
    if match is None:
        return
    file.seek(0)
    header = file.read(int(match[1]))
    _check_compression(header)
    counts = {name: int(count) for name, count in COUNTS.findall(header)}
    present = size - int(match[1])
    if len(counts) == 3 and present != prod(counts.values()):
        reason = "it is truncated" if present < prod(counts.values()) else "its header is wrong"
        raise InputError(
            f"expected {prod(counts.values())} bytes of audio as its header declares, found {present}: {reason}; "
            "replace or remove the file"
        )


def _check_compression(header: bytes) -> None:
    coding = CODING.search(header)
    for compression in COMPRESSIONS:
        if coding and compression in coding[1]:
            raise InputError(
                f"expected SPHERE audio that is not compressed, found it {compression.decode()}-compressed; convert "
                "the file first, as with `sph2pipe -f wav IN OUT`"
            )
