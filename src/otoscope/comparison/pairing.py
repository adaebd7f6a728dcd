"""Which utterances of two runs belong together, and what their clusters are.

Utterances of both runs are compared with each other: the same id and the same duration. Without them, runs on the
same speakers of one corpus are paired by speaker. Otherwise the runs are independent.
"""

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from otoscope.comparison.values import RunValues
from otoscope.results.intervals import Estimate
from otoscope.statistics.clusters import Clusters, make_clusters, utterance_of
from otoscope.typing import Bools

SAME_SECONDS = 0.001
SHARED = 0.5
"""Least share of the smaller run that both runs must have, for a comparison on the shared utterances alone."""


class Pairing(StrEnum):
    """What of the one run is compared with what of the other."""

    UTTERANCE = "utterance"
    SPEAKER = "speaker"
    NONE = "none"


@dataclass(frozen=True, eq=False)
class PairedValues:
    """Values of both runs on the utterances that are compared, with their clusters and estimates.

    Attributes:
        pairing: how the runs are paired.
        sizes: utterances that are compared, of each run.
        clusters: clusters of each run; the same object if the runs are paired by utterance.
        a, b: estimates.
    """

    pairing: Pairing
    sizes: tuple[int, int]
    clusters: tuple[Clusters, Clusters]
    a: Estimate
    b: Estimate


def pair(a: RunValues, b: RunValues, *, is_same_corpus: bool) -> PairedValues:
    """Pair two runs by utterance, else by speaker, else not at all.

    Args:
        a: values of a run.
        b: the same values of another run, in the same order.
        is_same_corpus: whether equal names of speakers mean the same speaker.
    """
    shared = shared_utterances(a.utterances, b.utterances)
    if len(shared) >= SHARED * min(len(a.utterances), len(b.utterances)):
        a = a.of_utterances(a.utterances.index.get_indexer(shared))
        b = b.of_utterances(b.utterances.index.get_indexer(shared))
        clusters = _clusters(a.utterances)
        estimates = (a.estimate(clusters, "shared"), b.estimate(clusters, "shared"))
        return PairedValues(Pairing.UTTERANCE, (len(shared), len(shared)), (clusters, clusters), *estimates)
    both = (_clusters(a.utterances), _clusters(b.utterances))
    has_same_speakers = is_same_corpus and both[0].unit == "speaker" and both[0].key == both[1].key
    names = ("shared", "shared") if has_same_speakers else ("first", "second")
    pairing = Pairing.SPEAKER if has_same_speakers else Pairing.NONE
    first, second = (
        values.estimate(*place) for values, place in zip((a, b), zip(both, names, strict=True), strict=True)
    )
    if pairing is Pairing.NONE:
        first, second = _independent(first, "first"), _independent(second, "second")
    return PairedValues(pairing, (len(a.utterances), len(b.utterances)), both, first, second)


def shared_utterances(a: pd.DataFrame, b: pd.DataFrame) -> pd.Index:
    """Return the ids of utterances of the same duration in both runs, in the order of the first.

    >>> table = pd.DataFrame({"duration": [1.0, 2.0]}, index=["u0", "u1"])
    >>> list(shared_utterances(table, table.assign(duration=[1.0, 2.5])))
    ['u0']
    """
    ids = a.index[a.index.isin(b.index)]
    is_same: Bools = (a.loc[ids, "duration"] - b.loc[ids, "duration"]).abs().to_numpy() < SAME_SECONDS
    return ids[is_same]


def _clusters(utterances: pd.DataFrame) -> Clusters:
    return make_clusters(utterances["speaker"], [utterance_of(str(id)) for id in utterances.index])


def _independent(value: Estimate, run: str) -> Estimate:
    """Return an estimate whose sources of variance, seeds too, are those of one run alone."""
    renamed = {source if source == run else f"{source} of {run}": array for source, array in value.replicates.items()}
    return Estimate(value.value, renamed, value.support)
