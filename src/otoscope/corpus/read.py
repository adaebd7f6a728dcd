"""Read any corpus: recognise its layout, open every utterance, keep what can be used."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lhotse import CutSet, MonoCut

from otoscope.corpus.audio_folder import audio_folder
from otoscope.corpus.files import find_audio
from otoscope.corpus.timit import is_timit, timit
from otoscope.corpus.utterance import to_cut
from otoscope.errors import BadInput


@dataclass(frozen=True)
class Skipped:
    """An utterance that was left out, and why."""

    id: str
    reason: str


def read_corpus(
    path: str | Path,
    *,
    format: str | None = None,
    tier: str | None = None,
    channel: int | None = None,
    strict: bool = False,
    on_skip: Callable[[Skipped], None] | None = None,
) -> CutSet:
    """Every utterance of a corpus as one Lhotse cut, ordered by id."""
    root = Path(path)
    if not root.exists():
        raise BadInput(f"{root}: no such file or folder; check the path of the corpus")
    files = find_audio(root)
    if not files:
        raise BadInput(f"{root}: no audio found (wav, flac, ogg, opus, mp3); check the path of the corpus")
    layout = timit if any(map(is_timit, files)) else audio_folder
    candidates = ((utterance.id, partial(to_cut, utterance, channel)) for utterance in layout(root, files))
    cuts = sorted(_usable(candidates, strict, on_skip or _warn), key=lambda cut: cut.id)
    if not cuts:
        raise BadInput(f"{root}: none of its utterances can be used")
    return CutSet.from_cuts(cuts)


def _usable(
    candidates: Iterable[tuple[str, Callable[[], MonoCut]]], strict: bool, on_skip: Callable[[Skipped], None]
) -> Iterator[MonoCut]:
    for id, make in candidates:
        try:
            yield make()
        except BadInput as error:
            if strict:
                raise
            on_skip(Skipped(id, str(error)))


def _warn(skipped: Skipped) -> None:
    warnings.warn(f"skipped {skipped.id}: {skipped.reason}", stacklevel=4)
