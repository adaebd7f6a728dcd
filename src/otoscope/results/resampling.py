"""Random weights of clusters, for what is no smooth function of sums: the category of a head.

Axes: g cluster, u utterance, b resample; [...] are axes of the value.
"""

import numpy as np

from otoscope.results.intervals import BOUNDS, ratio, scipy_special
from otoscope.statistics.clusters import Clusters, row_sums
from otoscope.typing import AnyFloats


def cluster_weights(clusters: Clusters, resamples: int = 1000) -> AnyFloats:
    """Return random weights `[b, g]` of the groups of clusters in each resample; rows sum to 1.

    For what is no smooth function of sums: the category of a head. A generator whose key is the group's code draws the
    weights of a group, so that they do not depend on the order of the corpus. Their distribution is Dirichlet's (Rubin
    1981), with the variance that an unbiased variance of a mean requires. NaN with fewer than three groups.

    >>> from otoscope.statistics.clusters import make_clusters
    >>> cluster_weights(make_clusters("abc", ["u0", "u1", "u2"]), 2).sum(axis=1).tolist()
    [1.0, 1.0]
    """
    codes = np.unique(clusters.codes)
    if len(codes) < 3:
        return np.full((resamples, len(codes)), np.nan)
    shape = (len(codes) - 2) / len(codes)
    draws = [np.random.Generator(np.random.Philox(key=int(code))).gamma(shape, size=resamples) for code in codes]
    weights = np.stack(draws, axis=1)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def resampled_means(weights: AnyFloats, rows: AnyFloats, clusters: Clusters) -> AnyFloats:
    """Return the mean in each resample, `[b, ...]`, over the utterances `[u, ...]` that have a value.

    >>> from otoscope.statistics.clusters import make_clusters
    >>> clusters = make_clusters("abc", ["u0", "u1", "u2"])
    >>> resampled_means(np.full((1, 3), 1 / 3), np.array([[1.0], [2.0], [6.0]]), clusters).tolist()
    [[3.0]]
    """
    sums, counts = row_sums(rows, clusters)
    with np.errstate(invalid="ignore"):
        totals = (weights @ sums.reshape(len(sums), -1)).reshape(len(weights), *rows.shape[1:])
        return ratio(totals, weights @ counts)


def resampled_interval(value: AnyFloats, resampled: AnyFloats, clusters: Clusters) -> AnyFloats:
    """Return the interval `[..., bound]` of a value from its resamples `[b, ...]` by `cluster_weights`.

    The standard deviation of the resamples is the standard error.
    """
    margin = scipy_special("stdtrit", len(np.unique(clusters.codes)) - 1.0, BOUNDS[1]) * resampled.std(axis=0)
    return np.stack([value - margin, value + margin], axis=-1)
