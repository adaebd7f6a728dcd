"""Describe corpus formats; each format is one file of `builtin/`, or a plug-in of another package."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from otoscope.corpus.cut_list import Listing, listed
from otoscope.corpus.file_index import FileIndex
from otoscope.corpus.utterance import ReadCut, SkippedUtterance, Utterance


class Layout(Enum):
    """What decides that a folder has a format."""

    MANIFEST = "manifest"
    """Files that list the utterances and name their audio."""
    LABELS = "labels"
    """Label files next to the audio."""
    AUDIO = "audio"
    """Audio files without labels."""


@dataclass(frozen=True)
class CorpusQuery:
    """What the user asks for.

    Attributes:
        path: a folder or one file.
        files: audio and label files at `path`.
        tier: name of the tier of phones, or None.
        channel: channel of the audio, or None.
    """

    path: Path
    files: FileIndex
    tier: str | None = None
    channel: int | None = None


class UnreadCut(NamedTuple):
    """A cut that is not read yet.

    Attributes:
        id: id of the utterance.
        file: file that lists the utterance, for error messages.
        read: returns the cut and the problems of its labels, or raises InputError if the utterance cannot be used.
        listing: does the same for a list of cuts, without opening the audio; by default `read` is used.
    """

    id: str
    file: Path | None
    read: Callable[[], ReadCut]
    listing: Callable[[], Listing] | None = None

    def read_now(self) -> ReadCut:
        """Return what `read` returns."""
        return self.read()

    def list_now(self) -> Listing:
        """Return the cut as a list keeps it."""
        if self.listing is not None:
            return self.listing()
        cut, problems = self.read()
        return Listing(listed(cut), problems)


CorpusItem = Utterance | UnreadCut | SkippedUtterance


@dataclass(frozen=True)
class CorpusFormat:
    """One corpus format.

    Attributes:
        layout: what decides that a folder has this format.
        matches: returns whether `query.path` has this format; opens no audio.
        read: returns the utterances of `query.path`. Only formats that build cuts themselves return `UnreadCut`;
            labels that match no utterance are returned as `SkippedUtterance`.
        reads: returns whether the format reads a file that is no audio, by its name; others are reported as ignored.
        tables: names, in lower case, of files about the whole corpus that the format reads.
        has_tiers: whether the user may choose a tier of phones with `--tier`.
        priority: of two formats of one layout that match, the one with the higher priority is detected.
    """

    layout: Layout
    matches: Callable[[CorpusQuery], bool]
    read: Callable[[CorpusQuery], Iterable[CorpusItem]]
    reads: Callable[[Path], bool] = lambda file: False
    tables: frozenset[str] = frozenset()
    has_tiers: bool = False
    priority: int = 0
