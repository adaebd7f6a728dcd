"""Confidence intervals, tests and paired differences: a jackknife over clusters with Student's t.

A value is computed again without each cluster (`statistics/clusters.py`). The variance of these replicates is that of
the value (Tukey 1958; for clusters: MacKinnon, Nielsen and Webb 2023, "CV3"). The interval is the value plus and minus
Student's t times the standard error, on a scale without an end: the logit of a share, the logarithm of a ratio,
Fisher's z of a correlation. A percentile bootstrap over clusters needs some 40 of them; this interval needs four
(docs/results/intervals.md), and no random numbers.

A ratio weights clusters by its denominator. Where weights are very unequal, the degrees of freedom are those of the
effective number of clusters (`effective_count`).

What is compared uses the same clusters: `difference` subtracts replicate from replicate, so that it is paired. Seeds of
probes are a second source of variance: variances add, with the degrees of freedom of Welch and Satterthwaite (1946).

Axes: g cluster, u utterance; [...] are axes of the value.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from otoscope.statistics.clusters import Clusters, row_blocks, row_sums
from otoscope.typing import AnyFloats, Ints

BOUNDS = (0.025, 0.975)
MAX_LOG = np.log(1e6)  # half-width of a logarithm: an interval from a millionth to a million times says nothing


@dataclass(frozen=True)
class Scale:
    """A function on whose values the interval is symmetric, its inverse, and the largest half-width of an interval."""

    forward: Callable[[AnyFloats], AnyFloats]
    inverse: Callable[[AnyFloats], AnyFloats]
    max_margin: float = np.inf


def scipy_special(name: str, *values: AnyFloats | float) -> AnyFloats:
    """Return a function of scipy.special at some values: it is imported late, since reading a run needs none."""
    from scipy import special

    return np.asarray(getattr(special, name)(*values))


IDENTITY = Scale(np.asarray, np.asarray)  # means, scores and differences
LOGIT = Scale(partial(scipy_special, "logit"), partial(scipy_special, "expit"))  # shares and accuracies
LOG = Scale(np.log, np.exp, MAX_LOG)  # positive values, such as a ratio to uniform attention
LOG_EXCESS = Scale(np.log1p, np.expm1, MAX_LOG)  # a ratio less 1, such as preference and concentration
FISHER = Scale(np.arctanh, np.tanh)  # correlations


def scale_of(units: str, values: AnyFloats) -> Scale:
    """Return the scale of a mean: `LOGIT` of shares (pure numbers from 0 to 1), otherwise `IDENTITY`.

    >>> scale_of("1", np.array([0.0, 0.5])) is LOGIT, scale_of("nats", np.array([0.0, 0.5])) is LOGIT
    (True, False)
    """
    is_share = units == "1" and not any(((block < 0) | (block > 1)).any() for _, block in row_blocks(values))
    return LOGIT if is_share else IDENTITY


@dataclass(frozen=True, eq=False)
class Estimate:
    """A value, and its replicates without each cluster.

    Attributes:
        value: `[...]`.
        replicates: source of variance (`Clusters.key`, or `seed`) -> values without each of its clusters, `[g, ...]`.
        support: source -> number of clusters that have the value, `[...]`; by default all.
        effective: source -> `effective_count` of the clusters, `[...]`, for the degrees of freedom; by default support.
    """

    value: AnyFloats
    replicates: Mapping[str, AnyFloats]
    support: Mapping[str, Ints] = field(default_factory=dict)
    effective: Mapping[str, AnyFloats] = field(default_factory=dict)

    def select(self, index: int) -> "Estimate":
        """Return the estimate of the values at an index of the last axis."""
        return Estimate(
            self.value[..., index],
            {source: array[..., index] for source, array in self.replicates.items()},
            {source: array[..., index] for source, array in self.support.items()},
            {source: array[..., index] for source, array in self.effective.items()},
        )


def effective_count(weights: AnyFloats) -> AnyFloats:
    """Return the number `[...]` of equal clusters with the variance of a mean over clusters of weights `[g, ...]`.

    `1 / sum_g w_g^2` with weights that sum to 1. A ratio whose denominator is in few of the clusters has fewer degrees
    of freedom than these clusters say (Carter, Schnepel and Steigerwald 2017). At least 1.

    >>> effective_count(np.array([[1.0, 3.0], [1.0, 1.0]])).tolist()
    [2.0, 1.6]
    """
    total, squares = weights.sum(axis=0), np.square(weights).sum(axis=0)
    return np.maximum(np.divide(total**2, squares, out=np.ones_like(total), where=squares > 0), 1)


def estimate(statistic: Callable[..., AnyFloats], clusters: str, *sums: AnyFloats) -> Estimate:
    """Return the estimate of a function of sums over the corpus.

    Args:
        statistic: computes values `[..., *out]` from sums `[..., *in]`; the leading axis is that of the replicates.
        clusters: name of the source of variance, `Clusters.key`.
        sums: sums of each cluster, `[g, *in]`.

    >>> ratio = estimate(lambda total, count: total / count, "speaker", np.array([1.0, 5.0]), np.array([2, 2]))
    >>> float(ratio.value), ratio.replicates["speaker"].tolist()
    (1.5, [2.5, 0.5])
    """
    totals = [array.sum(axis=0) for array in sums]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.asarray(statistic(*totals))
        replicates = statistic(*(total - array for total, array in zip(totals, sums, strict=True)))
    return Estimate(value, {clusters: np.asarray(replicates)})


def mean_estimate(rows: AnyFloats, clusters: Clusters) -> Estimate:
    """Return the mean over the utterances that have a value, from values `[u, ...]`, NaN where undefined.

    An utterance has no value if all its entries are NaN. Clusters without a value do not count.

    >>> from otoscope.statistics.clusters import make_clusters
    >>> mean_estimate(np.array([[1.0], [3.0], [np.nan]]), make_clusters("abc", ["u0", "u1", "u2"])).value
    array([2.])
    """
    sums, counts = row_sums(rows, clusters)
    sums, counts = sums[counts > 0], counts[counts > 0]
    if not len(counts):
        return Estimate(np.full(rows.shape[1:], np.nan), {clusters.key: np.empty((0, *rows.shape[1:]))})
    return estimate(ratio, clusters.key, sums, counts)


def ratio(total: AnyFloats, count: AnyFloats) -> AnyFloats:
    """Return `total [..., *axes] / count [...]`.

    >>> ratio(np.array([[2.0, 4.0]]), np.array([2.0])).tolist()
    [[1.0, 2.0]]
    """
    return np.asarray(total / as_columns(np.asarray(count), total))


def jackknife(statistic: Callable[[Ints], float], count: int, source: str) -> Estimate:
    """Return the estimate of a statistic that is no function of sums, computed without each of `count` units in turn.

    Args:
        statistic: computes the value from the indices of units.
        count: number of units, such as heads.
        source: name of the units.

    >>> jackknife(lambda indices: float(indices.mean()), 3, "head").replicates["head"].tolist()
    [1.5, 1.0, 0.5]
    """
    every = np.arange(count)
    if count < 2:
        return Estimate(np.asarray(statistic(every) if count else np.nan), {source: np.empty(0)})
    replicates = [statistic(np.delete(every, unit)) for unit in every]
    return Estimate(np.asarray(statistic(every)), {source: np.array(replicates)})


def apply(function: Callable[..., AnyFloats], *estimates: Estimate) -> Estimate:
    """Return the estimate of a function of estimates.

    Estimates that share a source of variance vary together: they are paired. Others are independent.

    Args:
        function: computes values `[..., *out]` from values `[..., *in]`; the leading axis is that of the replicates.
        estimates: arguments of the function.

    >>> a = Estimate(np.array(2.0), {"speaker": np.array([1.0, 3.0])})
    >>> apply(np.subtract, a, a).replicates["speaker"].tolist()
    [0.0, 0.0]
    """
    sources = list(dict.fromkeys(source for each in estimates for source in each.replicates))
    support = _least(each.support for each in estimates)
    effective = _least(each.effective for each in estimates)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.asarray(function(*(each.value[None] for each in estimates)))[0]
        replicates = {
            source: np.asarray(function(*(each.replicates.get(source, each.value[None]) for each in estimates)))
            for source in sources
        }
    return Estimate(value, replicates, support, effective)


def difference(a: Estimate, b: Estimate) -> Estimate:
    """Return `a - b`, paired over the clusters that both share.

    Two runs over the same speakers are paired; two runs over other speakers are independent.

    >>> from otoscope.statistics.clusters import make_clusters
    >>> clusters = make_clusters("abc", ["u0", "u1", "u2"])
    >>> rows = np.array([[1.0], [2.0], [6.0]])
    >>> interval(difference(mean_estimate(rows + 1, clusters), mean_estimate(rows, clusters))).tolist()
    [[1.0, 1.0]]
    """
    return apply(np.subtract, a, b)


def interval(value: Estimate, scale: Scale = IDENTITY) -> AnyFloats:
    """Return the low and high end `[..., bound]` of the 95 % interval.

    Both are NaN if fewer than two clusters have the value, if the value is undefined or at an end of the scale without
    one of them, or if the interval of a logarithm is wider than a factor of a million to each side.

    Args:
        value: estimate of the value.
        scale: scale on which the interval is symmetric.

    >>> interval(Estimate(np.array(0.5), {"speaker": np.array([0.5, 0.5])})).tolist()
    [0.5, 0.5]
    >>> interval(Estimate(np.array(0.5), {"speaker": np.array([0.0, 0.9])}), LOGIT).tolist()  # a cluster has all
    [nan, nan]
    """
    center, variance, freedom = _spread(value, scale)
    with np.errstate(invalid="ignore"):
        margin = scipy_special("stdtrit", freedom, BOUNDS[1]) * np.sqrt(variance)
        margin = np.where(margin > scale.max_margin, np.nan, margin)
    return np.asarray(scale.inverse(np.stack([center - margin, center + margin], axis=-1)))


def standard_error(value: Estimate, scale: Scale = IDENTITY) -> AnyFloats:
    """Return the standard error `[...]` of a value on a scale; NaN where there is no interval.

    >>> round(float(standard_error(Estimate(np.array(1.0), {"speaker": np.array([1.0, 1.5, 0.5])}))), 4)
    0.5774
    """
    return np.sqrt(_spread(value, scale)[1])


def p_value(value: Estimate, null: float = 0.0, scale: Scale = IDENTITY) -> AnyFloats:
    """Return the two-sided p-value `[...]` of the hypothesis that the value is `null`; NaN if its variance is unknown.

    The p-value is below .05 exactly where the interval, if there is one, does not contain `null`.

    >>> estimate = Estimate(np.array(1.0), {"speaker": np.array([1.0, 1.5, 0.5])})  # t is sqrt 3
    >>> round(float(p_value(estimate)), 4)
    0.2254
    """
    center, variance, freedom = _spread(value, scale)
    distance = np.abs(center - scale.forward(np.asarray(null, np.float64)))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(distance == 0, 0 * variance, distance / np.sqrt(variance))
    return np.asarray(2 * scipy_special("stdtr", freedom, -statistic))


def _spread(value: Estimate, scale: Scale) -> tuple[AnyFloats, AnyFloats, AnyFloats]:
    """Return the value on the scale, its variance, and the degrees of freedom; NaN where there is no interval."""
    with np.errstate(all="ignore"):
        center = np.asarray(scale.forward(np.asarray(value.value, np.float64)))
        parts = [_variance(value, source, scale) for source in value.replicates]
        variance = sum((part for part, _ in parts), np.zeros(center.shape))
        weights = sum((part**2 / count for part, count in parts), np.zeros(center.shape))
        least = np.min([np.broadcast_to(count, center.shape) for _, count in parts], axis=0)
        freedom = np.where(variance > 0, variance**2 / weights, least)
    has_interval = np.isfinite(center) & np.isfinite(variance)
    return (np.where(has_interval, center, np.nan), np.where(has_interval, variance, np.nan), freedom)


def _variance(value: Estimate, source: str, scale: Scale) -> tuple[AnyFloats, AnyFloats]:
    """Return the variance from one source on the scale, and its degrees of freedom; NaN below two clusters."""
    replicates = np.asarray(scale.forward(np.asarray(value.replicates[source], np.float64)))
    count = np.asarray(value.support.get(source, len(replicates)), np.float64)
    freedom = np.asarray(value.effective.get(source, count), np.float64) - 1
    if len(replicates) < 2:
        return np.full(replicates.shape[1:], np.nan), np.ones(replicates.shape[1:])
    deviation = np.square(replicates - replicates.mean(axis=0)).sum(axis=0)
    return np.where(count > 1, deviation * (count - 1) / count, np.nan), np.maximum(freedom, 1)


def _least(counts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the smallest count of each source."""
    least: dict[str, Any] = {}
    for counter in counts:
        for source, count in counter.items():
            least[source] = np.minimum(least.get(source, count), count)
    return least


def as_columns(of_rows: AnyFloats, values: AnyFloats) -> AnyFloats:
    """Return `[u]` with as many axes as `values`, so that it broadcasts."""
    return of_rows.reshape(of_rows.shape + (1,) * (values.ndim - of_rows.ndim))
