"""Read any corpus: detect its format, open each utterance, and skip those that cannot be used."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from lhotse import CutSet, MonoCut

from otoscope.corpus import FORMATS
from otoscope.corpus.detect import check_format, detect_format
from otoscope.corpus.file_index import is_there, list_files
from otoscope.corpus.formats import CorpusQuery, Layout, UnreadCut
from otoscope.corpus.utterance import Utterance, to_cut
from otoscope.errors import InputError, InputWarning


class SkippedUtterance(NamedTuple):
    """A skipped utterance and the reason."""

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
    on_skip: Callable[[SkippedUtterance], None] | None = None,
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
    skipped: list[SkippedUtterance] = []
    cuts = {cut.id: cut for cut in _usable(candidates, strict, skipped)}
    if not cuts:
        raise InputError(_nothing_usable(path, skipped))
    for utterance in skipped:
        (on_skip or _warn)(utterance)
    return CutSet.from_cuts(cuts[id] for id in sorted(cuts))


def _candidates(
    path: Path, labels: Path | None, format: str | None, tier: str | None, channel: int | None
) -> Iterator[UnreadCut]:
    if format is not None and format not in FORMATS.names():
        raise InputError(f"expected --format {', '.join(FORMATS.names())}; found {format}")
    if not is_there(path):
        raise InputError(f"{path}: no such file or folder; check the path of the corpus")
    if labels and not (path.is_dir() and labels.is_dir()):
        raise InputError(f"expected a folder of audio and a folder of its labels, found {path} and {labels}")
    query = CorpusQuery(path, list_files(path, labels), tier, channel)
    name = format or detect_format(query)
    if labels and FORMATS.get(name).layout is not Layout.LABELS:
        raise InputError(f"{labels}: no labels found for the audio of {path}; expected them in the same subfolders")
    if tier and not FORMATS.get(name).has_tiers:
        raise InputError(f"{path}: tier '{tier}' cannot be chosen, {name} has no tiers; omit --tier")
    check_format(name, query)
    return (_unread(item, channel) for item in FORMATS.get(name).read(query))


def _unread(item: Utterance | UnreadCut, channel: int | None) -> UnreadCut:
    return item if isinstance(item, UnreadCut) else UnreadCut(item.id, item.audio, partial(to_cut, item, channel))


def _usable(candidates: Iterable[UnreadCut], strict: bool, skipped: list[SkippedUtterance]) -> Iterator[MonoCut]:
    ids: set[str] = set()
    for candidate in candidates:
        try:
            if candidate.id in ids:
                raise InputError(
                    f"{candidate.file}: expected different ids, found {candidate.id} again; rename or remove one file"
                )
            ids.add(candidate.id)
            yield candidate.read()
        except InputError as error:
            if strict:
                raise
            skipped.append(SkippedUtterance(candidate.id, str(error)))


def _nothing_usable(path: str | Path, skipped: list[SkippedUtterance]) -> str:
    if not skipped:
        return f"{path}: expected utterances, got none; check the path of the corpus"
    if len(skipped) == 1:
        return skipped[0].reason
    return f"{path}: not one of {len(skipped)} utterances can be used; the first: {skipped[0].reason}"


def _warn(skipped: SkippedUtterance) -> None:
    warnings.warn(f"skipped {skipped.id}: {skipped.reason}", InputWarning, stacklevel=3)
