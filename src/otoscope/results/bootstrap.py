"""Percentile bootstrap over utterances (Efron 1979): the variation of a value over resamples of the corpus.

Every statistic is a mean over utterances, so a resample is a weight per utterance and a resampled value a product.
All scalars share the same weights; what depends on several of them (the category) is resampled jointly.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from otoscope.results.categories import categorise
from otoscope.statistics.accumulator import mean_of_defined
from otoscope.typing import AnyFloats, Ints

BOUNDS = (0.025, 0.975)
_BLOCK = 1 << 22  # numbers held at once: 32 MiB


@dataclass(frozen=True)
class Bootstrap:
    """The number of resamples and the seed of their generator."""

    resamples: int = 1000
    seed: int = 0


def resample_weights(n: int, bootstrap: Bootstrap) -> Iterator[AnyFloats]:
    """Yield weights of n utterances in each resample, in blocks [resamples, n] of bounded size; rows sum to 1.

    >>> first, = resample_weights(4, Bootstrap(resamples=3))
    >>> first.shape, first.sum(axis=1).tolist()
    ((3, 4), [1.0, 1.0, 1.0])
    """
    generator = np.random.default_rng(bootstrap.seed)
    size = max(1, _BLOCK // n)
    for start in range(0, bootstrap.resamples, size):
        count = min(size, bootstrap.resamples - start)
        indices = generator.integers(n, size=(count, n)) + n * np.arange(count)[:, None]
        yield np.bincount(indices.ravel(), minlength=count * n).reshape(count, n) / n


def resampled_rows(rows: Mapping[str, AnyFloats], bootstrap: Bootstrap) -> dict[str, AnyFloats]:
    """Return the mean of every resample [resample, layer, head] from values of utterances [utterance, layer, head]."""
    n_utterances = len(next(iter(rows.values())))
    blocks: dict[str, list[AnyFloats]] = {name: [] for name in rows}
    for share in resample_weights(n_utterances, bootstrap):
        for name, values in rows.items():
            blocks[name].append(_of_defined(share, values.reshape(n_utterances, -1)))
    return {name: np.concatenate(blocks[name]).reshape(-1, *values.shape[1:]) for name, values in rows.items()}


def interval(resampled: AnyFloats) -> AnyFloats:
    """Return the low and high end [..., bound] of the 95 % interval from values of resamples [resample, ...].

    Resamples in which a value is undefined (NaN) do not count, as long as they are at most 2.5 % of all.

    >>> interval(np.arange(101.0))
    array([ 2.5, 97.5])
    >>> interval(np.array([np.nan, 1.0, 2.0]))
    array([nan, nan])
    """
    ordered = np.sort(np.ascontiguousarray(np.moveaxis(resampled, 0, -1)), axis=-1)  # NaN last
    undefined = np.isnan(ordered).sum(axis=-1, keepdims=True)
    last = ordered.shape[-1] - 1 - undefined
    position = np.maximum(last, 0) * np.array(BOUNDS)
    below = position.astype(np.intp)
    low, high = (
        np.take_along_axis(ordered, np.minimum(index, np.maximum(last, 0)), axis=-1) for index in (below, below + 1)
    )
    return np.where(undefined <= BOUNDS[0] * len(resampled), low + (position - below) * (high - low), np.nan)


def row_intervals(rows: Mapping[str, AnyFloats], bootstrap: Bootstrap) -> tuple[dict[str, AnyFloats], AnyFloats]:
    """Return the interval of every statistic and the share of resamples in which each head keeps its category.

    Args:
        rows: statistic -> values [utterance, layer, head]; globalness, verticality and diagonality among them.
        bootstrap: how to resample.

    Returns:
        statistic -> [layer, head, bound], and category agreement [layer, head]. One utterance has no spread
        to resample: both are NaN then.

    >>> same = np.ones((3, 1, 1))  # three utterances, one head
    >>> ends, agreement = row_intervals({"globalness": same, "verticality": -same, "diagonality": -same}, Bootstrap())
    >>> ends["globalness"].tolist(), agreement.tolist()
    ([[[1.0, 1.0]]], [[1.0]])
    """
    if len(rows["globalness"]) == 1:
        nothing = np.full(rows["globalness"].shape[1:], np.nan)
        return {name: np.stack([nothing, nothing], axis=-1) for name in rows}, nothing
    resampled = resampled_rows(rows, bootstrap)
    means = {name: mean_of_defined(values) for name, values in rows.items()}
    return {name: interval(values) for name, values in resampled.items()}, _agreement(means, resampled)


def fold_intervals(sums: AnyFloats, counts: Ints, bootstrap: Bootstrap) -> AnyFloats:
    """Return the interval [..., bound] of a mean that was summed by fold; empty folds do not count.

    Args:
        sums: [fold, ...] sum over the utterances of each fold.
        counts: [fold] number of utterances in each fold.
        bootstrap: how to resample the folds. With one utterance to a fold this is the bootstrap over utterances.

    >>> fold_intervals(np.array([[1.0], [3.0], [0.0]]), np.array([2, 2, 0]), Bootstrap())  # fold means 0.5 and 1.5
    array([[0.5, 1.5]])
    """
    filled = counts > 0
    shape, sums, counts = sums.shape[1:], sums[filled].reshape(filled.sum(), -1), counts[filled]
    if len(counts) == 1:
        return np.full((*shape, 2), np.nan)
    share = np.concatenate(list(resample_weights(len(counts), bootstrap)))
    total = share @ counts
    width = max(1, _BLOCK // bootstrap.resamples)
    blocks = [
        interval(_weighted(share, sums[:, start : start + width]) / total[:, None])
        for start in range(0, sums.shape[1], width)
    ]
    return np.concatenate(blocks).reshape(*shape, 2)


def _of_defined(share: AnyFloats, values: AnyFloats) -> AnyFloats:
    """Return the weighted means of the utterances that have a value; NaN in resamples without one."""
    defined = ~np.isnan(values).all(axis=1)
    if defined.all():
        return _weighted(share, values)
    with np.errstate(invalid="ignore"):
        return _weighted(share[:, defined], values[defined]) / share[:, defined].sum(axis=1, keepdims=True)


def _weighted(share: AnyFloats, values: AnyFloats) -> AnyFloats:
    """Return `share @ values`; columns of absent heads (NaN) stay NaN."""
    with np.errstate(invalid="ignore"):
        return share @ values.astype(np.float64, copy=False)


def _agreement(means: Mapping[str, AnyFloats], resampled: Mapping[str, AnyFloats]) -> AnyFloats:
    names = ("globalness", "verticality", "diagonality")
    category = categorise(*(means[name] for name in names))
    is_same = categorise(*(resampled[name] for name in names)) == category
    return np.where(category == "", np.nan, is_same.mean(axis=0))
