"""Compute scores of a corpus with intervals: sums over utterances, with replicates without each speaker and each seed.

A score is a ratio of sums, `sum total / sum count`, averaged over seeds. Seeds and utterances are crossed (each seed
scores each utterance): two sources of variance (`results/intervals.py`). All interventions share the replicates, so
that differences are paired. The module needs no torch. Axes: g cluster, i intervention, s seed, u utterance.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from otoscope.results.intervals import Estimate, Scale, estimate, interval, ratio, scale_of
from otoscope.statistics.clusters import Clusters, group_sums
from otoscope.typing import AnyFloats, Floats

if TYPE_CHECKING:
    from torch import Tensor

    from otoscope.probing.scorer import Scorer

SEED = "seed"  # source of variance


def totals(scorers: "Mapping[str, Scorer]", hidden_states: "Iterable[tuple[int, Tensor]]") -> dict[str, Floats]:
    """Score the hidden states of all utterances with every probe, and return the sums `[seed, utterance]` by probe.

    Args:
        scorers: the scorer of each probe.
        hidden_states: index and final hidden states `[T, d]` of each utterance, in any order.
    """
    sums = {name: np.zeros(scorer.majority.shape) for name, scorer in scorers.items()}
    for index, hidden_td in hidden_states:
        for name, scorer in scorers.items():
            sums[name][:, index] = scorer.total(index, hidden_td)
    return sums


def score(total_isu: AnyFloats, count_u: AnyFloats) -> AnyFloats:
    """Return the score of each intervention, `[i]`.

    >>> score(np.array([[[3.0, 1.0], [5.0, 1.0]]]), np.array([8.0, 2.0])).tolist()
    [0.5]
    """
    return total_isu.sum(-1).mean(-1) / count_u.sum()


def score_estimate(total_isu: AnyFloats, count_u: AnyFloats, clusters: Clusters) -> Estimate:
    """Return the scores `[i]` with replicates without each cluster and, of several seeds, without each seed.

    Utterances of count 0, and clusters of such utterances alone, do not count.

    >>> from otoscope.statistics.clusters import make_clusters
    >>> total = np.array([[[1.0, 0.0, 9.0], [1.0, 1.0, 9.0]]])
    >>> scores = score_estimate(total, np.array([1.0, 1.0, 0.0]), make_clusters("abc", ["u0", "u1", "u2"]))
    >>> scores.value.tolist(), scores.replicates["seed"].tolist()
    ([0.75], [[1.0], [0.5]])
    """
    is_used = count_u > 0
    used = clusters.select(np.flatnonzero(is_used))
    sums_gis = group_sums(np.moveaxis(total_isu[..., is_used], -1, 0), used)
    scores = estimate(_mean_over_seeds, used.key, sums_gis, group_sums(count_u[is_used], used))
    by_seed = (total_isu[..., is_used].sum(-1) / count_u.sum()).T
    n_seeds = len(by_seed)
    if n_seeds == 1:
        return scores
    others = (by_seed.sum(axis=0) - by_seed) / (n_seeds - 1)
    return Estimate(scores.value, {**scores.replicates, SEED: others})


def _mean_over_seeds(total: AnyFloats, count: AnyFloats) -> AnyFloats:
    return ratio(total.mean(axis=-1), count)


def score_scale(total_isu: AnyFloats, count_u: AnyFloats) -> Scale:
    """Return the scale of the intervals of scores: the logit of accuracies, none of losses."""
    return scale_of("1", total_isu[..., count_u > 0] / count_u[count_u > 0])


def intervals(total_isu: AnyFloats, count_u: AnyFloats, clusters: Clusters) -> AnyFloats:
    """Return the 95 % interval `[i, bound]` of each score; NaN for a single cluster."""
    return interval(score_estimate(total_isu, count_u, clusters), score_scale(total_isu, count_u))
