"""Read any corpus: detect its format, open each utterance, and skip those that cannot be used."""

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from lhotse import CutSet, MonoCut

from otoscope.corpus import FORMATS
from otoscope.corpus.cut_list import CutList, ListedCut, audio_files
from otoscope.corpus.detect import check_format, detect_format
from otoscope.corpus.file_index import AUDIO_SUFFIXES, is_there, list_files
from otoscope.corpus.formats import CorpusQuery, Layout, UnreadCut
from otoscope.corpus.ignored import ignored_files
from otoscope.corpus.utterance import SkippedUtterance, Utterance, to_cut
from otoscope.errors import InputError, InputWarning, join_truncated

OTHER_AUDIO = frozenset({".m4a", ".aac", ".wma", ".amr", ".mp4", ".webm", ".mka", ".ape", ".ra", ".3gp"})
MAX_NAMED = 3
CutT = TypeVar("CutT")


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
    from the start of the cut, as a mark in the supervision states), as far as the corpus has them. Only the headers of
    the audio are read.

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
    query = _query(Path(path), Path(labels) if labels else None, format, tier, channel)
    reading = Reading(query, _format_name(query, format, labels), strict, is_named=format is not None)
    cuts = {cut.id: cut for cut in reading.cuts()}
    reading.report(on_skip, len(cuts))
    return CutSet.from_cuts(cuts[id] for id in sorted(cuts))


def list_corpus(
    path: str | Path,
    *,
    format: str | None = None,
    tier: str | None = None,
    channel: int | None = None,
    strict: bool = False,
    on_skip: Callable[[SkippedUtterance], None] | None = None,
) -> CutList:
    """Return the cuts of `read_corpus` as a list of any length, in the order of their ids.

    Where a manifest states the durations, the audio is not opened: what it states is compared where the audio is
    decoded. Arguments and errors are those of `read_corpus`.
    """
    query = _query(Path(path), None, format, tier, channel)
    reading = Reading(query, _format_name(query, format, None), strict, is_named=format is not None)
    cuts = CutList.of(reading.listed_cuts())
    reading.report(on_skip, len(cuts))
    return cuts.ordered()


def _query(path: Path, labels: Path | None, format: str | None, tier: str | None, channel: int | None) -> CorpusQuery:
    """Return what the user asks for, with the files at the path listed."""
    if format is not None and format not in FORMATS.names():
        raise InputError(f"expected --format {', '.join(FORMATS.names())}; found {format}")
    if not is_there(path):
        raise InputError(f"{path}: no such file or folder; check the path of the corpus")
    if labels and not (path.is_dir() and labels.is_dir()):
        raise InputError(f"expected a folder of audio and a folder of its labels, found {path} and {labels}")
    return CorpusQuery(path, list_files(path, labels), tier, channel)


def _format_name(query: CorpusQuery, format: str | None, labels: str | Path | None) -> str:
    """Return the format that reads the corpus: the one asked for, or the one detected."""
    name = format or detect_format(query)
    if labels and FORMATS.get(name).layout is not Layout.LABELS:
        raise InputError(f"{labels}: no labels found for the audio of {query.path}; expected the same subfolders")
    if query.tier and not FORMATS.get(name).has_tiers:
        raise InputError(f"{query.path}: tier '{query.tier}' cannot be chosen, {name} has no tiers; omit --tier")
    check_format(name, query)
    return name


def _by_suffix(ignored: Iterable[Path], name: str) -> Iterator[SkippedUtterance]:
    """Yield one entry for each suffix of the files that the format of a name does not read."""
    names: dict[str, list[str]] = defaultdict(list)
    for file in ignored:
        names[file.suffix.lower() or file.name].append(file.name)
    for suffix, files in names.items():
        count = f"{len(files)} file{'s' * (len(files) != 1)} ({join_truncated(files, MAX_NAMED)})"
        if suffix in OTHER_AUDIO:
            reason = f"expected audio that libsndfile decodes, as flac or wav, found {count}; convert the audio"
        else:
            reason = f"expected audio, or labels of the format {name} next to their audio, found {count}; not read"
        yield SkippedUtterance(f"*{suffix}" if suffix.startswith(".") else suffix, reason, "file")


@dataclass
class Reading:
    """One reading of a corpus. `cuts` and `listed_cuts` change what was skipped and which files were used.

    Attributes:
        query: what the user asks for.
        name: name of the format.
        strict: whether an utterance that cannot be used is an error.
        is_named: whether the user named the format.
        skipped: skipped utterances.
        audio: audio files that the format lists, and those of the cuts.
        ids: ids of all utterances.
    """

    query: CorpusQuery
    name: str
    strict: bool
    is_named: bool
    skipped: list[SkippedUtterance] = field(default_factory=list)
    audio: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)

    def cuts(self) -> Iterator[MonoCut]:
        """Yield the cuts that can be used."""
        for cut in self._usable(UnreadCut.read_now):
            self.audio.update(audio_files(cut))
            yield cut

    def listed_cuts(self) -> Iterator[ListedCut]:
        """Yield what a list keeps of the cuts that can be used."""
        for cut in self._usable(UnreadCut.list_now):
            if self.query.files.audio:
                self.audio.update(cut.audio)
            yield cut

    def report(self, on_skip: Callable[[SkippedUtterance], None] | None, count: int) -> None:
        """Report what was skipped and what is ignored.

        Args:
            on_skip: receives each; by default a warning.
            count: number of cuts.

        Raises:
            InputError: there are no cuts.
        """
        if not count:
            raise InputError(_nothing_usable(self.query.path, self.skipped))
        ignored = ignored_files(self.query, FORMATS.get(self.name), (), self.audio)
        if self.is_named and FORMATS.get(self.name).layout is Layout.AUDIO:  # the user wants no labels
            ignored = [file for file in ignored if file.suffix.lower() in AUDIO_SUFFIXES | OTHER_AUDIO]
        for utterance in [*self.skipped, *_by_suffix(ignored, self.name)]:
            (on_skip or _warn)(utterance)

    def _usable(self, read: Callable[[UnreadCut], tuple[CutT, Sequence[str]]]) -> Iterator[CutT]:
        for candidate in self._candidates():
            if isinstance(candidate, SkippedUtterance):
                self.skipped.append(candidate)
                continue
            try:
                self._check_new(candidate)
                cut, problems = read(candidate)
                if problems:
                    self._skip_labels(candidate, problems)
                yield cut
            except InputError as error:
                if self.strict:
                    raise
                self.skipped.append(SkippedUtterance(candidate.id, str(error)))

    def _skip_labels(self, candidate: UnreadCut, problems: Sequence[str]) -> None:
        if self.strict:
            raise InputError(f"labels of {candidate.id}: {problems[0]}")
        self.skipped.extend(SkippedUtterance(candidate.id, problem, "labels") for problem in problems)

    def _candidates(self) -> Iterator[UnreadCut | SkippedUtterance]:
        """Yield the cuts of the corpus unread."""
        for item in FORMATS.get(self.name).read(self.query):
            if isinstance(item, Utterance):
                if item.audio is not None:
                    self.audio.add(str(item.audio))
                yield UnreadCut(item.id, item.audio, partial(to_cut, item, self.query.channel))
            else:
                yield item

    def _check_new(self, candidate: UnreadCut) -> None:
        if candidate.id in self.ids:
            raise InputError(
                f"{candidate.file}: expected different ids, found {candidate.id} again; rename or remove one file"
            )
        self.ids.add(candidate.id)


def _nothing_usable(path: str | Path, skipped: list[SkippedUtterance]) -> str:
    if not skipped:
        return f"{path}: expected utterances, got none; check the path of the corpus"
    if len(skipped) == 1:
        return skipped[0].reason
    return f"{path}: not one of {len(skipped)} utterances can be used; the first: {skipped[0].reason}"


def _warn(skipped: SkippedUtterance) -> None:
    verb = {"utterance": "skipped", "labels": "did not use labels of", "file": "ignored"}[skipped.part]
    warnings.warn(f"{verb} {skipped.id}: {skipped.reason}", InputWarning, stacklevel=3)
