"""The bytes of audio files, read once: what is decoded is also hashed, and counted."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from lhotse import AudioSource

from otoscope.corpus.audio_source import FILE, FileState, read_bytes, source_state
from otoscope.errors import InputError

MAX_CONTENT_BYTES = 64 * 2**20
"""Larger files are decoded from the disk, and read once more for their hash."""
MAX_CONTENTS = 4
MAX_DIGESTS = 65536


@dataclass
class ContentCache:
    """The last files that were read, and the hashes of more of them; `content` and `digest` change it.

    Attributes:
        bytes_read: bytes of all files that were read.
    """

    contents: OrderedDict[FileState, bytes] = field(default_factory=OrderedDict)
    digests: OrderedDict[FileState, str] = field(default_factory=OrderedDict)
    bytes_read: int = 0

    def content(self, state: FileState) -> bytes | None:
        """Return the content of a source, and remember its hash; None if it is a file that is too large to keep."""
        if state.type == FILE and state.size > MAX_CONTENT_BYTES:
            return None
        if state not in self.contents:
            content = read_bytes(state)
            self.bytes_read += len(content)
            self.contents[state] = content
            self._remember(state, hashlib.sha256(content).hexdigest())
            if len(self.contents) > MAX_CONTENTS:
                self.contents.popitem(last=False)
        return self.contents[state]

    def digest(self, state: FileState) -> str:
        """Return the SHA-256 of a file, which is read unless it was read before."""
        if state not in self.digests and self.content(state) is None:
            with Path(state.path).open("rb") as file:
                self._remember(state, hashlib.file_digest(file, "sha256").hexdigest())
            self.bytes_read += state.size
        return self.digests[state]

    def _remember(self, state: FileState, digest: str) -> None:
        self.digests[state] = digest
        if len(self.digests) > MAX_DIGESTS:
            self.digests.popitem(last=False)


CACHE = ContentCache()
"""The cache of this process."""


def audio_digest(source: AudioSource, cache: ContentCache) -> str:
    """Return the SHA-256 of the bytes of an audio source.

    Raises:
        InputError: the file cannot be read.
    """
    if isinstance(source.source, bytes):
        return hashlib.sha256(source.source).hexdigest()
    try:
        return cache.digest(source_state(source))
    except OSError as error:
        raise InputError(f"{source.source}: expected an audio file, but it cannot be read ({error.strerror})") from None
