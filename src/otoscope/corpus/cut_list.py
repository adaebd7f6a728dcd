"""The cuts of a corpus as a list of any length: ids, durations and speakers in memory, everything else in a file."""

import pickle
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from operator import le
from tempfile import TemporaryFile, gettempdir
from typing import IO, Any, NamedTuple

import numpy as np
from lhotse import MonoCut
from numpy.typing import NDArray

from otoscope._io.read_sequence import ReadSequence
from otoscope.corpus.cut_fingerprint import listing_digest
from otoscope.corpus.recording import check_cut
from otoscope.corpus.speaker_metadata import metadata_of
from otoscope.corpus.supervisions import phones_of, speaker_of
from otoscope.errors import InputError

DIGEST_BYTES = 16
ROW = np.dtype(
    [
        ("id", object),
        ("seconds", np.float64),
        ("speaker", object),
        ("metadata", object),
        ("has_phones", bool),
        ("has_labels", bool),
        ("digest", f"V{DIGEST_BYTES}"),
        ("read", object),
        ("offset", np.int64),
        ("size", np.int64),
    ]
)
BLOCK_ROWS = 8192
BUFFER_BYTES = 1 << 20
NO_METADATA: Mapping[str, str] = {}


class ListedCut(NamedTuple):
    """What a list keeps of a cut.

    Attributes:
        id: id of the cut.
        seconds: duration.
        speaker: its speaker, or None.
        metadata: what the corpus states of the speaker.
        has_phones: whether it has labels of phones.
        has_labels: whether it has an alignment of any kind.
        digest: hash of the cut without its audio.
        content: what the cut is made of, as bytes.
        read: returns the cut from the content.
        audio: paths of its audio files.
    """

    id: str
    seconds: float
    speaker: str | None
    metadata: Mapping[str, str]
    has_phones: bool
    has_labels: bool
    digest: bytes
    content: bytes
    read: Callable[[bytes], MonoCut]
    audio: tuple[str, ...]


class Listing(NamedTuple):
    """A listed cut, and what is wrong with those of its labels that were skipped."""

    cut: ListedCut
    problems: Sequence[str] = ()


def listed(cut: MonoCut) -> ListedCut:
    """Return what a list keeps of a cut in memory.

    Raises:
        InputError: the cut is not of one recording.
    """
    check_cut(cut)
    return ListedCut(
        cut.id,
        cut.duration,
        speaker_of(cut),
        metadata_of(cut),
        bool(phones_of(cut)),
        any(supervision.alignment for supervision in cut.supervisions),
        listing_digest(cut)[:DIGEST_BYTES],
        pickle.dumps(cut, pickle.HIGHEST_PROTOCOL),
        pickle.loads,
        audio_files(cut),
    )


def audio_files(cut: MonoCut) -> tuple[str, ...]:
    """Return the paths of the audio of a cut that are files."""
    return tuple(str(source.source) for source in cut.recording.sources if source.type == "file")


class CutList(ReadSequence[MonoCut]):
    """Cuts that are read from a temporary file when they are used.

    Args:
        table: a row of `ROW` for each cut.
        content: file with the content of the cuts.

    Examples:
        >>> from otoscope.bundled import speech
        >>> from otoscope.corpus import read_corpus
        >>> cuts = CutList.of(map(listed, read_corpus(speech())))
        >>> cuts[3] == list(read_corpus(speech()))[3], float(cuts.seconds[3]) == cuts[3].duration
        (True, True)
    """

    def __init__(self, table: NDArray[Any], content: "OpenFile") -> None:
        """Store the columns; read no cut."""
        self._table, self._content = table, content

    @classmethod
    def of(cls, cuts: Iterable[ListedCut]) -> "CutList":
        """Return the list of cuts, which are consumed one after the other, in their order.

        Raises:
            InputError: the temporary file cannot be written.
        """
        content = OpenFile(TemporaryFile(buffering=BUFFER_BYTES))  # noqa: SIM115, open as long as the list
        try:
            blocks = list(_blocks(cuts, content.file))
            content.file.flush()
        except OSError as error:
            raise InputError(
                f"{gettempdir()}: expected space for a list of the cuts, but writing failed ({error.strerror}); set "
                "TMPDIR to another folder"
            ) from None
        return cls(np.concatenate([np.empty(0, ROW), *blocks]), content)

    def __len__(self) -> int:
        """Return the number of cuts."""
        return len(self._table)

    def read(self, place: int) -> MonoCut:
        """Read a cut."""
        row = self._table[place]
        self._content.file.seek(int(row["offset"]))
        cut: MonoCut = row["read"](self._content.file.read(int(row["size"])))
        return cut

    @property
    def ids(self) -> NDArray[Any]:
        """Return the id of each cut."""
        return self._column("id")

    @property
    def seconds(self) -> NDArray[Any]:
        """Return the duration of each cut."""
        return self._column("seconds")

    @property
    def speakers(self) -> NDArray[Any]:
        """Return the speaker of each cut, or None."""
        return self._column("speaker")

    @property
    def metadata(self) -> NDArray[Any]:
        """Return what the corpus states of the speaker of each cut."""
        return self._column("metadata")

    @property
    def has_phones(self) -> NDArray[Any]:
        """Return whether each cut has labels of phones."""
        return self._column("has_phones")

    @property
    def listing(self) -> str:
        """Return a hash of all cuts in their order, without their audio, as hexadecimal digits."""
        return blake2b(np.ascontiguousarray(self._table["digest"]).tobytes(), digest_size=32).hexdigest()

    def labelled(self) -> Iterator[MonoCut]:
        """Read the cuts that have labels of any kind."""
        return (self[int(place)] for place in np.flatnonzero(self._table["has_labels"]))

    def ordered(self) -> "CutList":
        """Return the list in the order of the ids."""
        ids = list(map(str, self.ids))
        if all(map(le, ids, islice(ids, 1, None))):
            return self
        return self.select(sorted(range(len(ids)), key=ids.__getitem__))

    def select(self, indices: Sequence[int]) -> "CutList":
        """Return the list of some cuts, in the order of their indices; of all in their order, this list itself."""
        places = np.asarray(indices, np.int64)
        if len(places) == len(self) and (places[1:] > places[:-1]).all():
            return self
        return CutList(self._table[places], self._content)

    def _column(self, name: str) -> NDArray[Any]:
        column: NDArray[Any] = self._table[name]
        return column


def ids_of(cuts: Sequence[MonoCut]) -> list[str]:
    """Return the id of each cut; of a list, no cut is read."""
    return cuts.ids.tolist() if isinstance(cuts, CutList) else [cut.id for cut in cuts]


def seconds_of(cuts: Sequence[MonoCut]) -> list[float]:
    """Return the duration of each cut in seconds; of a list, no cut is read."""
    return cuts.seconds.tolist() if isinstance(cuts, CutList) else [cut.duration for cut in cuts]


def speakers_of(cuts: Sequence[MonoCut]) -> list[str | None]:
    """Return the speaker of each cut, or None; of a list, no cut is read."""
    return cuts.speakers.tolist() if isinstance(cuts, CutList) else [speaker_of(cut) for cut in cuts]


def stated_of(cuts: Sequence[MonoCut]) -> list[Mapping[str, str]]:
    """Return what the corpus states of the speaker of each cut; of a list, no cut is read."""
    return cuts.metadata.tolist() if isinstance(cuts, CutList) else [metadata_of(cut) for cut in cuts]


def choose_cuts(cuts: Sequence[MonoCut], places: Sequence[int]) -> Sequence[MonoCut]:
    """Return the cuts at some places; of a list, a list."""
    return cuts.select(places) if isinstance(cuts, CutList) else [cuts[place] for place in places]


class OpenFile:
    """A file that is closed with the last list that reads it.

    Args:
        file: the file.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Store the file; it is closed when this object is gone."""
        self.file = file
        weakref.finalize(self, file.close)


def _blocks(cuts: Iterable[ListedCut], file: IO[bytes]) -> Iterator[NDArray[Any]]:
    """Write the content of cuts, and yield their rows in blocks; texts that occur often are stored once."""
    block: list[tuple[Any, ...]] = []
    stated: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}
    end = 0
    for cut in cuts:
        speaker = sys.intern(cut.speaker) if type(cut.speaker) is str else cut.speaker
        metadata = stated.setdefault(tuple(cut.metadata.items()), cut.metadata) if cut.metadata else NO_METADATA
        place = (cut.read, end, len(cut.content))
        block.append((cut.id, cut.seconds, speaker, metadata, cut.has_phones, cut.has_labels, cut.digest, *place))
        file.write(cut.content)
        end += len(cut.content)
        if len(block) == BLOCK_ROWS:
            yield np.array(block, ROW)
            block.clear()
    yield np.array(block, ROW)
