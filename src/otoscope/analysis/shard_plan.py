"""The fixed shards of a run: consecutive utterances in the order of their ids, planned from durations alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lhotse import MonoCut

from otoscope.corpus import speaker_of
from otoscope.statistics.clusters import make_clusters, utterance_of

SHARD_SECONDS = 120.0
"""Audio of a shard, so that a killed worker loses little."""
MAX_SHARD_SECONDS = 3600.0
MAX_SHARDS = 2048
"""The shards of a long corpus are longer: each stores sums of up to 128 clusters."""


@dataclass(frozen=True)
class Shard:
    """A part of a corpus.

    Attributes:
        number: number of the shard in the plan, from 0.
        cuts: index in the corpus and cut of each utterance.
        clusters: name of the cluster of each utterance.
    """

    number: int
    cuts: tuple[tuple[int, MonoCut], ...]
    clusters: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Return the seconds of audio of the shard."""
        return sum(cut.duration for _, cut in self.cuts)

    @property
    def text(self) -> str:
        """Return what a message calls the shard: its first and its last utterance."""
        return f"{self.cuts[0][1].id} to {self.cuts[-1][1].id}"

    @property
    def cluster_of(self) -> dict[int, str]:
        """Return the name of the cluster of each utterance by its index in the corpus."""
        return {index: name for (index, _), name in zip(self.cuts, self.clusters, strict=True)}


def shard_seconds(seconds: float) -> float:
    """Return the audio of a shard of a corpus of so many seconds.

    >>> shard_seconds(400), shard_seconds(1000 * 3600), shard_seconds(60_000 * 3600)
    (120.0, 1757.8125, 3600.0)
    """
    return min(max(SHARD_SECONDS, seconds / MAX_SHARDS), MAX_SHARD_SECONDS)


def plan_shards(cuts: Sequence[MonoCut], seconds: float) -> list[Shard]:
    """Return the shards of a corpus, each of at most so many seconds (or one longer cut).

    A cluster is the speaker of a cut, or the utterance of which it is a window.
    """
    clusters = make_clusters(map(speaker_of, cuts), [utterance_of(cut.id) for cut in cuts]).names
    return [
        Shard(number, tuple(group), tuple(clusters[index] for index, _ in group))
        for number, group in enumerate(split_into_shards(cuts, seconds))
    ]


def split_into_shards(cuts: Sequence[MonoCut], seconds: float) -> Iterator[list[tuple[int, MonoCut]]]:
    """Yield consecutive cuts with their indices in the corpus, in groups of at most `seconds` (or one longer cut)."""
    group: list[tuple[int, MonoCut]] = []
    total = 0.0
    for index, cut in enumerate(cuts):
        if group and total + cut.duration > seconds:
            yield group
            group, total = [], 0.0
        group.append((index, cut))
        total += cut.duration
    if group:
        yield group
