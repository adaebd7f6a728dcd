"""TIMIT layout: `.phn` and `.wrd` in samples beside the audio, the speaker as folder."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from otoscope.corpus.files import beside, utterance_id
from otoscope.corpus.labels import Interval
from otoscope.corpus.utterance import Labels, Utterance
from otoscope.errors import BadInput

KINDS = {"phone": ".phn", "word": ".wrd"}


def timit(root: Path, files: Sequence[Path]) -> Iterator[Utterance]:
    """One utterance per audio file, with the phones, words and text that lie beside it."""
    for file in files:
        yield Utterance(utterance_id(file, root), file, file.resolve().parent.name, _text(file), partial(_labels, file))


def is_timit(audio: Path) -> bool:
    """Whether TIMIT's phones or words lie beside the audio."""
    return any(beside(audio, suffix) for suffix in KINDS.values())


def _labels(audio: Path, sampling_rate: int) -> Labels:
    found = {kind: beside(audio, suffix) for kind, suffix in KINDS.items()}
    return {kind: read_intervals(file, sampling_rate) for kind, file in found.items() if file}


def read_intervals(file: Path, sampling_rate: int) -> list[Interval]:
    """Lines `first_sample end_sample symbol` as intervals in seconds."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return [_interval(line, sampling_rate, file) for line in lines if line.strip()]


def _interval(line: str, sampling_rate: int, file: Path) -> Interval:
    try:
        start, end, symbol = line.split(maxsplit=2)
        return Interval(symbol.strip(), int(start) / sampling_rate, int(end) / sampling_rate)
    except ValueError:
        raise BadInput(f"{file}: expected lines 'first_sample end_sample symbol', got '{line.strip()}'") from None


def _text(audio: Path) -> str | None:
    file = beside(audio, ".txt")
    if file is None:
        return None
    words = file.read_text(encoding="utf-8", errors="replace").split()
    return " ".join(words[2:] if [word.isdigit() for word in words[:2]] == [True, True] else words)
