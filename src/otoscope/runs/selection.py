"""Select utterances of a corpus: by speaker, by id, by random sample, or the first of the corpus."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from lhotse import MonoCut

from otoscope.corpus import speaker_of
from otoscope.corpus.file_index import read_lines
from otoscope.errors import InputError, join_truncated
from otoscope.runs.options import SelectionOptions

MAX_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The utterances that a command uses.

    Attributes:
        speakers: names of speakers; empty for all.
        utterances: ids of utterances; empty for all.
        sample: number of utterances to draw from these; None takes all.
        balanced: `speaker` draws as many of each speaker as of the others, up to 1.
        seed: seed of the sample.
        limit: number of utterances to take, the first of the corpus; None takes all.
    """

    speakers: tuple[str, ...] = ()
    utterances: tuple[str, ...] = ()
    sample: int | None = None
    balanced: str | None = None
    seed: int = 0
    limit: int | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """Return what the plan of a run stores; the seed only where it decides something."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**values, "seed": self.seed if self.sample else None}


ALL = Selection()


def make_selection(options: SelectionOptions) -> Selection:
    """Return the selection of options, with the names that their files list.

    Raises:
        InputError: such a file cannot be read.
    """
    return Selection(
        speakers=read_names(options.speakers),
        utterances=read_names(options.utterances),
        sample=options.sample,
        balanced=options.balanced,
        seed=options.seed,
        limit=options.limit,
    )


def read_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return names; those in the lines of a file if the single name is that of a file.

    >>> read_names(["anna", "ben"])
    ('anna', 'ben')
    """
    if len(names) == 1 and (file := Path(names[0])).is_file():
        return tuple(read_lines(file))
    return tuple(names)


def select(cuts: Sequence[MonoCut], selection: Selection, skipped: Collection[str] = ()) -> list[MonoCut]:
    """Return the cuts of a selection, in the order of the corpus.

    A sample takes the utterances with the lowest hash of seed and id. It is the same on every machine, and a larger
    sample with the same seed contains the smaller one.

    Args:
        cuts: utterances of the corpus.
        selection: which of them to use.
        skipped: ids of utterances that cannot be read; they may be selected, and are skipped.

    Raises:
        InputError: the corpus has no such speaker or utterance, or fewer utterances than the sample.
    """
    indices = select_indices([str(cut.id) for cut in cuts], list(map(speaker_of, cuts)), selection, skipped)
    return [cuts[index] for index in indices]


def select_indices(
    ids: Sequence[str], speakers: Sequence[str | None], selection: Selection, skipped: Collection[str] = ()
) -> Sequence[int]:
    """Return the indices of a selection from ids and speakers, as `select` does.

    >>> select_indices(["u1", "u2", "u3"], ["anna", "ben", "anna"], Selection(speakers=("anna",)))
    [0, 2]
    """
    if selection == ALL:
        return range(len(ids))
    is_speaker = _membership(selection.speakers, set(speakers), "speakers")
    is_named = _membership(selection.utterances, set(ids), "utterances", skipped)
    chosen = [index for index in range(len(ids)) if is_speaker(speakers[index]) and is_named(ids[index])]
    if selection.sample is not None:
        chosen = _sample(chosen, ids, speakers, selection)
    return chosen[: selection.limit]


def select_of_parts(
    parts: Sequence[Sequence[MonoCut]], selection: Selection, skipped: Collection[str] = ()
) -> list[list[MonoCut]]:
    """Return the cuts of a selection from several corpora together, for each corpus, in its order.

    Arguments and errors are those of `select`.
    """
    chosen = {id(cut) for cut in select(list(chain.from_iterable(parts)), selection, skipped)}
    return [[cut for cut in part if id(cut) in chosen] for part in parts]


def _membership(
    names: Collection[str], present: Collection[str | None], what: str, skipped: Collection[str] = ()
) -> Callable[[str | None], bool]:
    """Return whether a name is selected, after a check that the corpus has all names; no names select all."""
    if not names:
        return lambda name: True
    if unknown := [name for name in names if name not in present and name not in skipped]:
        several = sorted(filter(None, present))
        raise InputError(
            f"expected --{what} of the corpus, found {join_truncated(unknown, MAX_NAMED)}; "
            f"the corpus has {len(several)} {what}: {join_truncated(several, MAX_NAMED) or 'none'}"
        )
    return frozenset(names).__contains__


def _sample(
    indices: Sequence[int], ids: Sequence[str], speakers: Sequence[str | None], selection: Selection
) -> list[int]:
    size = selection.sample or 0
    if size > len(indices):
        raise InputError(
            f"expected at least {size} utterances to draw from, found {len(indices)}; lower --sample, or select more"
        )
    ordered = sorted(indices, key=lambda index: _draw(selection.seed, ids[index]))
    if selection.balanced:
        ordered = _in_turns(ordered, ids, speakers, selection.seed)
    return sorted(ordered[:size])


def _in_turns(ordered: Iterable[int], ids: Sequence[str], speakers: Sequence[str | None], seed: int) -> list[int]:
    """Return indices so that each speaker has a turn before any has the next; the order of speakers is drawn."""
    of_speaker: dict[str, list[int]] = defaultdict(list)
    for index in ordered:
        if (speaker := speakers[index]) is None:
            raise InputError(f"expected a speaker of every utterance, found none of {ids[index]}; omit --balanced")
        of_speaker[speaker].append(index)
    names = sorted(of_speaker, key=lambda name: _draw(seed, name))
    turns = zip_longest(*(of_speaker[name] for name in names))
    return [index for index in chain.from_iterable(turns) if index is not None]


def _draw(seed: int, name: str) -> bytes:
    return sha256(f"{seed} {name}".encode("utf-8", "surrogatepass")).digest()
