"""A hash of the content of a corpus, stored with every result that was measured on it."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lhotse import MonoCut, Recording

from otoscope.corpus.recording import check_cut
from otoscope.errors import InputError


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
    audio: dict[str, str] = {}
    whole = hashlib.sha256()
    for cut in sorted(cuts, key=lambda cut: str(cut.id)):
        whole.update(json.dumps(_content(cut, audio), sort_keys=True, default=repr).encode() + b"\n")
    return whole.hexdigest()


def _content(cut: MonoCut, audio: dict[str, str]) -> dict[str, Any]:
    check_cut(cut)
    return {
        "id": cut.id,
        "span": [cut.start, cut.duration, cut.channel],
        "supervisions": [supervision.to_dict() for supervision in cut.supervisions],
        "audio": _audio(cut.recording, audio),
    }


def _audio(recording: Recording, digests: dict[str, str]) -> list[Any]:
    for source in recording.sources:
        if source.source not in digests:
            digests[source.source] = _digest(source.source)
    bytes_read = [digests[source.source] for source in recording.sources]
    transforms = [repr(transform) for transform in recording.transforms or []]
    return [bytes_read, recording.sampling_rate, transforms]


def _digest(source: str | bytes) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    try:
        with Path(source).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{source}: expected an audio file, but it cannot be read ({error.strerror})") from None
