"""A content hash of a corpus, kept with every result that was measured on it."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lhotse import MonoCut, Recording

from otoscope.corpus.recording import check_cut
from otoscope.errors import InputError


def fingerprint(cuts: Iterable[MonoCut]) -> str:
    """SHA-256 over every cut: id, span, channel, speaker, text, labels, and all bytes of its audio.

    Neither the order of the cuts nor the place of the files matters, so a corpus that was copied keeps its fingerprint.
    All bytes are read (about as fast as the disk allows): sizes and dates alone would not see a changed sample.
    Raises `InputError` where an audio file can no longer be read, or a cut is not of one recording.
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


def _audio(recording: Recording, known: dict[str, str]) -> list[Any]:
    for source in recording.sources:
        if source.source not in known:
            known[source.source] = _digest(source.source)
    bytes_read = [known[source.source] for source in recording.sources]
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
