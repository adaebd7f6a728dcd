"""Clusters: the utterances of a speaker, which an interval treats as a single observation.

Utterances of a speaker resemble each other, so that utterances are too many independent observations. At most
`MAX_CLUSTERS` sums are stored: more clusters are joined to groups by the last bits of a hash of their names. A group
follows from the names alone, so that the sums of any split of a corpus merge to the same bits. Imports no torch.

Axes: u utterance, g cluster or group of clusters.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from otoscope.typing import AnyFloats, Array, Ints

MAX_CLUSTERS = 128
BLOCK_ROWS = 4096
CODE_BITS = 62  # of a hash, which fits in a signed number of 64 bits

Unit = Literal["speaker", "utterance"]


@dataclass(frozen=True)
class Clusters:
    """The cluster of every utterance.

    Attributes:
        names: name of the cluster of each utterance, `[u]`.
        unit: what a cluster is: the utterances of a speaker, or a single utterance.
        is_single_speaker: whether all utterances are of the same speaker, so that each is a cluster.
    """

    names: tuple[str, ...]
    unit: Unit
    is_single_speaker: bool = False

    @cached_property
    def bits(self) -> int:
        """Return how many last bits of the code of a cluster name its group."""
        return code_bits(map(cluster_code, set(self.names)))

    @cached_property
    def codes(self) -> Ints:
        """Return the code of the group of each utterance, `[u]`."""
        mask = (1 << self.bits) - 1
        return np.fromiter((cluster_code(name) & mask for name in self.names), np.int64, len(self.names))

    @cached_property
    def groups(self) -> NDArray[np.int16]:
        """Return the number of the group of each utterance in the order of codes, `[u]`."""
        return np.searchsorted(np.unique(self.codes), self.codes).astype(np.int16)  # there are `MAX_CLUSTERS` at most

    def select(self, indices: Iterable[int]) -> "Clusters":
        """Return the clusters of some utterances."""
        return replace(self, names=tuple(self.names[index] for index in indices))

    @property
    def count(self) -> int:
        """Return the number of clusters."""
        return len(set(self.names))

    @property
    def key(self) -> str:
        """Return a name that two sets of clusters share only if they have the same clusters."""
        digest = blake2b(digest_size=8)
        for place, name in enumerate(sorted(set(self.names))):
            digest.update(f"{', ' if place else '['}{name!r}".encode())
        digest.update(b"]")
        return f"{self.unit} {digest.hexdigest()}"

    @property
    def text(self) -> str:
        """Return the number and kind of the clusters, for readers.

        >>> make_clusters(["a", "b", "a"], ["u0", "u1", "u2"]).text
        '2 speakers'
        """
        groups = len(np.unique(self.codes))
        joined = f" in {groups} groups" if groups < self.count else ""
        unit = self.unit if self.count == 1 else f"{self.unit}s"
        return f"{self.count} {unit}{' of one speaker' if self.is_single_speaker else ''}{joined}"


def make_clusters(speakers: Iterable[str | None], utterances: Iterable[str]) -> Clusters:
    """Return the clusters of a corpus: its speakers, or its utterances if speakers are unknown or there is only one.

    Args:
        speakers: speaker of each utterance; empty or None where unknown.
        utterances: id of each utterance.

    >>> make_clusters(["", "a"], ["u0", "u1"]).names
    ('utterance u0', 'utterance u1')
    """
    names = list(speakers)
    of_speakers = has_several_speakers(names)
    clusters = tuple(map(sys.intern, cluster_names(names, utterances, of_speakers)))
    return Clusters(
        clusters, "speaker" if of_speakers else "utterance", not of_speakers and all(names) and len(names) > 1
    )


def has_several_speakers(speakers: Sequence[str | None]) -> bool:
    """Return whether the speaker of every utterance is known, and there are several.

    >>> has_several_speakers(["a", "b"]), has_several_speakers(["a", ""])
    (True, False)
    """
    return all(speakers) and len(set(speakers)) > 1


def cluster_names(speakers: Iterable[str | None], utterances: Iterable[str], of_speakers: bool) -> Iterator[str]:
    """Yield the name of the cluster of each utterance: its speaker, or itself."""
    if of_speakers:
        return (f"speaker {speaker}" for speaker in speakers)
    return (f"utterance {id}" for id in utterances)


def utterance_of(id: str) -> str:
    """Return the id of the utterance of which `id@start` is a window, or the id itself.

    >>> utterance_of("anna/1@2.5"), utterance_of("anna@home")
    ('anna/1', 'anna@home')
    """
    whole, _, start = id.rpartition("@")
    return whole if whole and start.replace(".", "", 1).isdigit() else id


def cluster_code(name: str) -> int:
    """Return a hash of the name of a cluster, below 2^62."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little") % (1 << CODE_BITS)


def code_bits(codes: Iterable[int]) -> int:
    """Return how many last bits of the codes leave at most `MAX_CLUSTERS` groups: as many as possible.

    >>> code_bits(range(200)), code_bits([5, 6])
    (7, 62)
    """
    distinct = np.unique(np.fromiter(codes, np.int64))
    if len(distinct) <= MAX_CLUSTERS:
        return CODE_BITS
    bits = 0
    while len(np.unique(distinct % (1 << (bits + 1)))) <= MAX_CLUSTERS:
        bits += 1
    return bits


def group_sums(values: Array, clusters: Clusters) -> AnyFloats:
    """Return the sums `[g, ...]` of values of utterances `[u, ...]` over each group, in the order of the codes.

    >>> group_sums(np.array([1.0, 2.0, 4.0]), make_clusters("aba", ["u0", "u1", "u2"])).tolist()  # b, then a
    [2.0, 5.0]
    """
    order = np.argsort(clusters.groups, kind="stable")
    starts = np.flatnonzero(np.diff(clusters.groups[order], prepend=-1))
    return np.add.reduceat(np.asarray(values, np.float64)[order], starts, axis=0)


def row_sums(rows: AnyFloats, clusters: Clusters) -> tuple[AnyFloats, AnyFloats]:
    """Return the sums `[g, ...]` over the utterances that have a value, and their number `[g]`, of each group.

    Rows are read in blocks, so that the memory does not grow with the corpus.

    >>> sums, counts = row_sums(np.array([[1.0], [3.0], [np.nan]]), make_clusters("aab", ["u0", "u1", "u2"]))
    >>> sorted(sums.ravel().tolist()), sorted(counts.tolist())
    ([0.0, 4.0], [0.0, 2.0])
    """
    groups = clusters.groups
    sums, counts = np.zeros((groups.max() + 1, *rows.shape[1:])), np.zeros(groups.max() + 1)
    for start, block in row_blocks(rows):
        defined = ~np.isnan(block.reshape(len(block), -1)).all(axis=1)
        if not defined.any():
            continue
        part, groups_of_part = block[defined], groups[start : start + len(block)][defined]
        order = np.argsort(groups_of_part, kind="stable")
        present, starts, number = np.unique(groups_of_part[order], return_index=True, return_counts=True)
        sums[present] += np.add.reduceat(part[order], starts, axis=0)
        counts[present] += number
    return sums, counts


def row_blocks(rows: AnyFloats) -> Iterator[tuple[int, AnyFloats]]:
    """Yield the first index and the rows of each block."""
    for start in range(0, len(rows), BLOCK_ROWS):
        yield start, np.asarray(rows[start : start + BLOCK_ROWS], np.float64)
