"""Hashes of the content of a corpus, stored with every result that was measured on it."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
from lhotse import AudioSource, MonoCut, Recording

from otoscope.corpus.audio_content import CACHE, ContentCache, audio_digest
from otoscope.corpus.audio_source import source_state
from otoscope.corpus.recording import check_cut
from otoscope.typing import Array

DIGEST_BYTES = 32  # of SHA-256


def fingerprint(cuts: Iterable[MonoCut]) -> str:
    """Return a hash of cuts: id, span, channel, speaker, text, labels, and all bytes of the audio.

    Neither the order of the cuts nor the folder of the files matters, so a copied corpus has the same fingerprint. The
    function reads all bytes, because sizes and dates do not change with every sample.

    Args:
        cuts: cuts of one recording each, in any order.

    Returns:
        The SHA-256 as 64 hexadecimal digits.

    Raises:
        InputError: an audio file can no longer be read, or a cut is not of one recording.

    Examples:
        >>> from otoscope.bundled import speech
        >>> from otoscope.corpus import read_corpus
        >>> cuts = list(read_corpus(speech()))[:2]
        >>> fingerprint(cuts) == fingerprint(cuts[::-1]), fingerprint(cuts) == fingerprint(cuts[:1])
        (True, False)
    """
    unread = ContentCache()
    return join_digests(cut_digest(cut, unread) for cut in cuts)


def decoded_fingerprint(cuts: Iterable[MonoCut]) -> str:
    """Return the `fingerprint` of cuts, where files that this process has decoded are not read again."""
    return join_digests(map(cut_digest, cuts))


def join_digests(digests: Iterable[bytes]) -> str:
    """Return the fingerprint of a corpus from the digest of each cut, in any order."""
    return join_packed(bytearray(b"".join(digests)))


def join_packed(digests: bytearray | Array) -> str:
    """Return `join_digests` of digests that follow each other as bytes in memory, where they are sorted.

    >>> join_packed(bytearray(bytes(32) + b"a" * 32)) == join_digests([b"a" * 32, bytes(32)])
    True
    """
    rows = np.frombuffer(digests, f"S{DIGEST_BYTES}")
    rows.sort()
    return hashlib.sha256(rows.data).hexdigest()


def cut_digest(cut: MonoCut, cache: ContentCache = CACHE) -> bytes:
    """Return the SHA-256 of a cut with all bytes of its audio.

    Args:
        cut: a cut of one recording.
        cache: files that need not be read again; by default those that this process has decoded.

    Raises:
        InputError: the audio cannot be read, or the cut is not of one recording.
    """
    return _hash({**_listed(cut), "audio": _audio(cut.recording, cache)})


def listing_digest(cut: MonoCut) -> bytes:
    """Return the SHA-256 of a cut without the bytes of its audio.

    Raises:
        InputError: the cut is not of one recording.
    """
    return _hash(_listed(cut))


def files_digest(cuts: Iterable[MonoCut]) -> bytes:
    """Return a SHA-256 of the paths, sizes and dates of the audio of cuts; a file that is missing has neither."""
    sources = {source.source: source for cut in cuts for source in cut.recording.sources}
    return bytes.fromhex(join_digests(_hash(_state(source)) for source in sources.values()))


def _listed(cut: MonoCut) -> dict[str, Any]:
    check_cut(cut)
    return {
        "id": cut.id,
        "span": [cut.start, cut.duration, cut.channel],
        "supervisions": [supervision.to_dict() for supervision in cut.supervisions],
    }


def _audio(recording: Recording, cache: ContentCache) -> list[Any]:
    transforms = [repr(transform) for transform in recording.transforms or []]
    return [[audio_digest(source, cache) for source in recording.sources], recording.sampling_rate, transforms]


def _state(source: AudioSource) -> list[Any]:
    if isinstance(source.source, bytes):
        return [audio_digest(source, CACHE)]
    try:
        return list(source_state(source))[:3]
    except OSError:
        return [source.source]


def _hash(content: Any) -> bytes:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=repr).encode()).digest()
