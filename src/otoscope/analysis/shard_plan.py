"""The fixed shards of a run: consecutive utterances in the order of their ids, planned from durations alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lhotse import MonoCut

from otoscope._io.read_sequence import ReadSequence
from otoscope.corpus.cut_list import CutList
from otoscope.statistics.clusters import cluster_names, has_several_speakers, utterance_of

SHARD_SECONDS = 120.0
"""Audio of a shard, so that a killed worker loses little."""
MAX_SHARD_SECONDS = 3600.0
MAX_SHARDS = 2048
"""The shards of a long corpus are longer: each stores sums of up to 128 clusters."""
LEAST_SHARE, LAST_SHARDS = 0.25, 8
"""The last shards become shorter, to a quarter: a shard has at most an eighth of what is left, so that workers end
together."""


@dataclass(frozen=True)
class Shard:
    """A part of a corpus.

    Attributes:
        number: number of the shard in the plan, from 0.
        cuts: index in the corpus and cut of each utterance.
        clusters: name of the cluster of each utterance.
        example: index in the corpus of the utterance whose audio the shard stores for its maps; None: no such one.
    """

    number: int
    cuts: tuple[tuple[int, MonoCut], ...]
    clusters: tuple[str, ...]
    example: int | None = None

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


class ShardPlan(ReadSequence[Shard]):
    """The shards of a corpus, each of at most so many seconds (or one longer cut); cuts are read with their shard.

    A cluster is the speaker of a cut, or the utterance of which it is a window.

    Args:
        cuts: utterances of the corpus.
        seconds: audio of a shard.
        example: index of the utterance whose maps the run stores; None: none.
    """

    def __init__(self, cuts: CutList, seconds: float, example: int | None = None) -> None:
        """Plan the shards from durations alone."""
        self._cuts, self._of_speakers = cuts, has_several_speakers(cuts.speakers.tolist())
        self._example = example
        self._bounds = shard_bounds(cuts.seconds.tolist(), seconds)

    def __len__(self) -> int:
        """Return the number of shards."""
        return len(self._bounds) - 1

    def read(self, place: int) -> Shard:
        """Return a shard."""
        span = slice(self._bounds[place], self._bounds[place + 1])
        utterances = map(utterance_of, self._cuts.ids[span])
        names = cluster_names(self._cuts.speakers[span], utterances, self._of_speakers)
        example = self._example if self._example in range(span.start, span.stop) else None
        return Shard(place, tuple(enumerate(self._cuts[span], span.start)), tuple(names), example)

    def seconds(self, numbers: Iterable[int]) -> float:
        """Return the audio of some shards."""
        return sum(self.seconds_of(number) for number in numbers)

    def seconds_of(self, number: int) -> float:
        """Return the audio of a shard."""
        return float(self._cuts.seconds[self._bounds[number] : self._bounds[number + 1]].sum())


def shard_bounds(durations: Sequence[float], seconds: float) -> list[int]:
    """Return the index of the first utterance of each shard, and the number of utterances.

    Shards are consecutive utterances of at most so many seconds, or one longer utterance. The last of several shards
    are shorter, see `LAST_SHARDS`.

    >>> shard_bounds([1.0, 1.0, 5.0, 1.0], 8.0)
    [0, 4]
    >>> shard_bounds([1.0, 1.0, 5.0, 1.0], 2.0)
    [0, 2, 3, 4]
    >>> shard_bounds([1.0] * 40, 8.0)[:7]
    [0, 8, 12, 15, 18, 20, 22]
    """
    left = sum(durations)
    bounds, total, limit = [0], 0.0, seconds
    for index, duration in enumerate(durations):
        if index > bounds[-1] and total + duration > limit:
            bounds.append(index)
            left, total = left - total, 0.0
            limit = min(seconds, max(left / LAST_SHARDS, LEAST_SHARE * seconds))
        total += duration
    return [*bounds, len(durations)]
