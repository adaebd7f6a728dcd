"""Read any corpus: recognise its layout, open every utterance, keep what can be used."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from lhotse import CutSet, MonoCut

from otoscope.corpus.builtin.audio import audio_folder
from otoscope.corpus.builtin.kaldi import kaldi
from otoscope.corpus.builtin.lhotse import lhotse_manifests
from otoscope.corpus.builtin.textgrid import textgrids
from otoscope.corpus.builtin.timit import timit
from otoscope.corpus.detect import FORMATS, LABELLED, recognise, require
from otoscope.corpus.file_index import Listing, is_there, list_files
from otoscope.corpus.utterance import Utterance, to_cut
from otoscope.errors import InputError

Candidate = tuple[str, Path | None, Callable[[], MonoCut]]
"""An utterance's id, the file that holds it, and how to make its cut (raises `InputError` where it cannot be used)."""


class Skipped(NamedTuple):
    """An utterance that was left out, and why."""

    id: str
    reason: str


def read_corpus(
    path: str | Path,
    *,
    labels: str | Path | None = None,
    format: str | None = None,
    tier: str | None = None,
    channel: int | None = None,
    strict: bool = False,
    on_skip: Callable[[Skipped], None] | None = None,
) -> CutSet:
    """Read a corpus as Lhotse cuts, one per utterance, in the order of their ids.

    Each cut has one supervision with speaker, text, phones and words (`alignment["phone"]` and `["word"]`, in seconds
    from the start of the cut), as far as the corpus has them. Only the headers of the audio are read.

    Args:
        path: a folder, one audio file, or one Lhotse manifest.
        labels: a folder of labels with the same subfolders as the audio, as alignments of LibriSpeech have.
        format: a name from `otoscope.corpus.FORMATS`; by default the format is detected. In a folder of audio, the
            speaker is the name of the file's folder if every file is in a subfolder, otherwise None.
        tier: the TextGrid tier or Lhotse alignment with the phones.
        channel: the channel of every file, from 0. A file without it is skipped; mono files have channel 0 only.
        strict: raise for the first utterance that cannot be used, instead of skipping it.
        on_skip: receives the id and the reason of each skipped utterance; by default a warning.

    Returns:
        The cuts.

    Raises:
        InputError: the path or the format cannot be read, or no utterance can be used.

    Examples:
        >>> read_corpus("no/such/corpus")
        Traceback (most recent call last):
        otoscope.errors.InputError: no/such/corpus: no such file or folder; check the path of the corpus
    """
    candidates = _candidates(Path(path), Path(labels) if labels else None, format, tier, channel)
    skipped: list[Skipped] = []
    cuts = {cut.id: cut for cut in _usable(candidates, strict, skipped)}
    if not cuts:
        raise InputError(_nothing_usable(path, skipped))
    for utterance in skipped:
        (on_skip or _warn)(utterance)
    return CutSet.from_cuts(cuts[id] for id in sorted(cuts))


def _candidates(
    path: Path, labels: Path | None, format: str | None, tier: str | None, channel: int | None
) -> Iterator[Candidate]:
    if format is not None and format not in FORMATS:
        raise InputError(f"format '{format}' is unknown; the formats are {', '.join(FORMATS)}")
    if not is_there(path):
        raise InputError(f"{path}: no such file or folder; check the path of the corpus")
    if labels and not (path.is_dir() and labels.is_dir()):
        raise InputError(f"expected a folder of audio and a folder of its labels, got {path} and {labels}")
    listing = list_files(path, labels)
    format = format or recognise(path, listing)
    if labels and format not in LABELLED:
        raise InputError(f"{labels}: no labels found for the audio of {path}; expected them in the same subfolders")
    if tier and format not in ("textgrid", "lhotse"):
        raise InputError(f"{path}: tier '{tier}' cannot be chosen, {format} has no tiers; leave --tier out")
    if format == "lhotse":
        return lhotse_manifests(path, tier, channel)
    return (
        (found.id, found.audio, partial(to_cut, found, channel)) for found in _utterances(format, path, listing, tier)
    )


def _utterances(format: str, path: Path, listing: Listing, tier: str | None) -> Iterator[Utterance]:
    if format == "kaldi":
        return kaldi(path)
    require(format, path, listing)
    if format == "textgrid":
        return textgrids(listing, tier)
    return timit(listing) if format == "timit" else audio_folder(listing)


def _usable(candidates: Iterable[Candidate], strict: bool, skipped: list[Skipped]) -> Iterator[MonoCut]:
    seen: set[str] = set()
    for id, file, make in candidates:
        try:
            if id in seen:
                raise InputError(f"{file}: its id {id} is that of another utterance already; rename or remove one")
            seen.add(id)
            yield make()
        except InputError as error:
            if strict:
                raise
            skipped.append(Skipped(id, str(error)))


def _nothing_usable(path: str | Path, skipped: list[Skipped]) -> str:
    if not skipped:
        return f"{path}: expected utterances, got none; check the path of the corpus"
    if len(skipped) == 1:
        return skipped[0].reason
    return f"{path}: not one of {len(skipped)} utterances can be used; the first: {skipped[0].reason}"


def _warn(skipped: Skipped) -> None:
    warnings.warn(f"skipped {skipped.id}: {skipped.reason}", stacklevel=3)
