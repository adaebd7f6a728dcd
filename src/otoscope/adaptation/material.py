"""What is learned from: utterances or sounds in memory, and their groups, which are kept on one side of a split."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from otoscope.corpus import phones_of, speaker_of
from otoscope.corpus.audio import load_audio
from otoscope.corpus.transcript import text_of
from otoscope.errors import InputError
from otoscope.runs.speech_source import SpeechSource, read_cuts
from otoscope.statistics.clusters import Clusters, make_clusters
from otoscope.typing import Ints

RATE = 16000
MAX_SECONDS = 30.0


class Role(StrEnum):
    """What a part of the material is used for."""

    train = "train"
    validation = "validation"
    test = "test"


SHARES = {Role.train: 0.6, Role.validation: 0.15, Role.test: 0.25}
"""Shares of the groups; of fewer parts, in the same proportion."""
VERBS = {Role.train: "train", Role.validation: "validate", Role.test: "test"}
LEARNING = (Role.train, Role.validation)
"""The parts of a corpus where another corpus tests."""


@dataclass(frozen=True)
class Material:
    """Utterances or sounds.

    Attributes:
        name: path of the corpus.
        ids: id of each.
        waves: audio of each, `[samples]` of 16 kHz.
        texts: text of each; None where there is none.
        groups: speaker, or kind of sound, of each.
        roles: what each is used for.
        phones: symbol, start and end in seconds of the phones of each; empty where there are none.
    """

    name: str
    ids: Sequence[str]
    waves: Sequence[np.ndarray]
    texts: Sequence[str | None]
    groups: Sequence[str]
    roles: Sequence[Role]
    phones: Sequence[Sequence[tuple[str, float, float]]] = ()

    def indices(self, role: Role) -> Ints:
        """Return the indices of a part."""
        return np.flatnonzero([each is role for each in self.roles])

    def spread(self, role: Role, count: int) -> Ints:
        """Return at most `count` indices of a part, spread over its groups."""
        part = self.indices(role)
        return part[np.linspace(0, len(part) - 1, min(len(part), count)).round().astype(int)]

    def clusters(self, indices: Ints) -> Clusters:
        """Return the clusters of some of them: their groups."""
        return make_clusters([self.groups[i] for i in indices], [self.ids[i] for i in indices])

    @property
    def has_texts(self) -> bool:
        """Whether all have a text."""
        return all(self.texts)

    def part_has_texts(self, role: Role) -> bool:
        """Return whether all of a part have a text."""
        return all(self.texts[index] for index in self.indices(role))


def read_speech_material(corpus: Path, count: int, seed: int, parts: Sequence[Role] = tuple(Role)) -> Material:
    """Return utterances of a corpus, at most `count`, drawn at random, at most 30 s long, split by speakers.

    Args:
        corpus: what `read_corpus` takes.
        count: most utterances.
        seed: of the draw and the split.
        parts: the roles that speakers are divided among.

    Raises:
        InputError: the corpus cannot be read, or has fewer speakers than parts.
    """
    cuts, _ = read_cuts(SpeechSource(corpus))
    cuts = _draw([cut for cut in cuts if cut.duration <= MAX_SECONDS], count, seed)
    groups = [speaker_of(cut) or "" for cut in cuts]
    speakers = set(groups) - {""}
    if len(speakers) < len(parts) or "" in groups:
        raise InputError(
            f"expected utterances of {_count(parts)} speakers or more in {corpus}, to {_uses(parts)}, found "
            f"{len(speakers)}; put each speaker's files in a folder of their own (of Kaldi: see utt2spk), or raise "
            "--gate-utterances"
        )
    return Material(
        str(corpus),
        [str(cut.id) for cut in cuts],
        [load_audio(cut, RATE) for cut in cuts],
        [text_of(cut) for cut in cuts],
        groups,
        split(groups, seed, parts),
        [phones_of(cut) for cut in cuts],
    )


def read_sounds(folder: Path, count: int, seed: int, parts: Sequence[Role] = tuple(Role)) -> Material:
    """Return sounds of a folder, at most `count`, split by kinds.

    The kind is the column `category` of a table `.tsv` or `.csv` in the folder with the columns file and category;
    without one, the name of the subfolder, or the start of the name of the file before its number.

    Raises:
        InputError: the folder cannot be read, or has fewer kinds than parts.
    """
    cuts, _ = read_cuts(SpeechSource(folder, reading={"format": "audio"}))
    kinds, cuts = _kinds_in_table(folder), _draw(cuts, count, seed)
    groups = [kinds.get(Path(str(cut.id)).name, speaker_of(cut) or str(cut.id).rstrip("0123456789-_")) for cut in cuts]
    if len(set(groups)) < len(parts):
        raise InputError(
            f"expected sounds of {_count(parts)} kinds or more in {folder}, to {_uses(parts)}, found "
            f"{len(set(groups))}; put each kind in a folder of its own, or add a table with the columns file, category"
        )
    waves = [load_audio(cut, RATE)[: int(MAX_SECONDS * RATE)] for cut in cuts]
    ids = [str(cut.id) for cut in cuts]
    return Material(str(folder), ids, waves, [""] * len(ids), groups, split(groups, seed, parts))


def _draw(cuts: Sequence[Any], count: int, seed: int) -> list[Any]:
    order = np.random.default_rng(seed).permutation(len(cuts))
    return [cuts[index] for index in sorted(order[:count])]


def _count(parts: Sequence[Role]) -> str:
    return ("one", "two", "three")[len(parts) - 1]


def _uses(parts: Sequence[Role]) -> str:
    *others, last = (VERBS[part] for part in parts)
    return f"{', '.join(others)} and {last}" if others else last


def join(name: str, materials: Sequence[Material]) -> Material:
    """Return several materials as one."""
    fields = ("ids", "waves", "texts", "groups", "roles", "phones")
    return Material(name, *([item for each in materials for item in getattr(each, field)] for field in fields))


def shared_ids(material: Material, other: Material) -> list[str]:
    """Return the ids of utterances whose audio is also in another material."""
    samples = {wave.tobytes() for wave in other.waves}
    return [id for id, wave in zip(material.ids, material.waves, strict=True) if wave.tobytes() in samples]


def _kinds_in_table(folder: Path) -> dict[str, str]:
    for path in sorted(folder.glob("*.[tc]sv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
        if rows and {"file", "category"} <= rows[0].keys():
            return {Path(row["file"]).stem: row["category"] for row in rows}
    return {}


def split(groups: Sequence[str], seed: int, parts: Sequence[Role] = tuple(Role)) -> list[Role]:
    """Return the role of each item: all items of a group have the same, and each role has a group.

    >>> split(["a", "b", "c", "a"], 0)[0] == split(["a", "b", "c", "a"], 0)[3]
    True
    """
    names = np.random.default_rng(seed).permutation(sorted(set(groups)))
    shares = np.cumsum([SHARES[part] for part in parts]) / sum(SHARES[part] for part in parts)
    ends = np.round(shares * len(names)).astype(int)
    for place in range(len(parts)):  # a group for each part, also where there are few
        ends[place] = np.clip(ends[place], (ends[place - 1] if place else 0) + 1, len(names) - (len(parts) - 1 - place))
    role_of = {str(name): parts[int(np.searchsorted(ends, place, side="right"))] for place, name in enumerate(names)}
    return [role_of[group] for group in groups]
