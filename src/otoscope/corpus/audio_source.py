"""Where the bytes of audio are: a file, a part of a tar of Lhotse Shar, or an address that fsspec reads.

A part of a tar is named `TAR#OFFSET+BYTES`. An address has a protocol, such as `s3://` or `https://`.
"""

import tarfile
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lhotse import AudioSource

from otoscope.errors import InputError, UnreachableError, shorten_error

FILE, TAR, ADDRESS = "file", "shar", "url"
"""Types of sources that are read, as Lhotse names them; and `memory`, which needs no reading."""


class FileState(NamedTuple):
    """A source of bytes that has the same state is not read again.

    Attributes:
        path: path, part of a tar, or address.
        size: size in bytes; 0 of an address.
        changed: time of the last change in ns; 0 of an address.
        type: type of the source.
    """

    path: str
    size: int
    changed: int
    type: str = FILE


def is_address(text: str) -> bool:
    """Return whether a text is an address with a protocol.

    >>> is_address("s3://speech/a.flac"), is_address("touch a")
    (True, False)
    """
    protocol, separator, rest = text.partition("://")
    return bool(separator and rest) and protocol.replace("+", "").replace("::", "").isalnum()


def check_source(source: AudioSource, name: str) -> None:
    """Raise InputError for a source that is never read: a command, or an address without a protocol."""
    is_read = source.type in (FILE, TAR) or (source.type == ADDRESS and is_address(str(source.source)))
    if not is_read:
        raise InputError(
            f"{name}: expected audio in a file or in memory, found the source '{source.type}', which is not run or "
            "fetched; save the audio to files"
        )


def source_state(source: AudioSource) -> FileState:
    """Return the state of a source that is not in memory.

    Raises:
        OSError: there is no such file.
    """
    name = str(source.source)
    if source.type == ADDRESS:
        return FileState(name, 0, 0, ADDRESS)
    state = Path(name.rpartition("#")[0] if source.type == TAR else name).stat()
    return FileState(name, state.st_size, state.st_mtime_ns, source.type)


def file_of(source: AudioSource) -> Path | None:
    """Return the file that a source reads, or None where it reads an address or memory."""
    if source.type == TAR:
        return Path(str(source.source).rpartition("#")[0])
    return Path(source.source) if source.type == FILE else None


def read_bytes(state: FileState) -> bytes:
    """Return all bytes of a source.

    Raises:
        OSError: the file cannot be read.
        UnreachableError: the address does not answer.
    """
    if state.type == FILE:
        return Path(state.path).read_bytes()
    if state.type == ADDRESS:
        return _fetch(state.path)
    path, _, part = state.path.rpartition("#")
    offset, _, size = part.partition("+")
    with Path(path).open("rb") as file:
        file.seek(int(offset))
        return file.read(int(size))


def _fetch(address: str) -> bytes:
    import fsspec  # imports much, and only addresses need it

    try:
        with fsspec.open(address, "rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        raise InputError(f"{address}: expected audio, found none at this address; check the manifest") from None
    except Exception as error:  # each protocol fails in its own way
        raise UnreachableError(
            f"{address}: expected audio that fsspec reads ({shorten_error(error)}); check the address and the network, "
            "and repeat the command with --resume"
        ) from None


def tar_part(tar: Path, id: str) -> str:
    """Return the name of the audio of a cut in a tar of Lhotse Shar.

    Raises:
        InputError: the tar cannot be read, or has no audio of the cut.
    """
    try:
        part = _tar_parts(str(tar), tar.stat().st_mtime_ns).get(id)
    except (OSError, tarfile.TarError) as error:
        raise InputError(
            f"{tar}: expected the audio of its cuts ({shorten_error(error)}); copy the folder again"
        ) from None
    if part is None:
        raise InputError(f"{tar}: expected the audio of {id}, found none; write the folder again")
    return f"{tar}#{part[0]}+{part[1]}"


@lru_cache(maxsize=8)
def _tar_parts(tar: str, changed: int) -> dict[str, tuple[int, int]]:
    """Return offset and size of the audio of each cut; its manifest in JSON follows it."""
    with tarfile.open(tar, "r:") as members:
        audio = [member for member in members if not member.name.endswith((".json", ".nodata", ".nometa"))]
    return {member.name.rpartition(".")[0]: (member.offset_data, member.size) for member in audio}
