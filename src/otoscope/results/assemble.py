"""Build the labelled Dataset of a run from finished states."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from otoscope.results.categories import RANKED, categorise
from otoscope.results.intervals import (
    LOGIT,
    estimate,
    interval,
    mean_estimate,
    ratio,
    scale_of,
)
from otoscope.results.resampling import cluster_weights, resampled_means
from otoscope.results.schema import (
    CATEGORY,
    COORDINATES,
    FORMAT_VERSION,
    SPEAKER_COORDINATES,
    StatisticInfo,
    Variable,
    labelled,
    statistic_variables,
    validate_dataset,
)
from otoscope.statistics.clusters import Clusters, group_sums
from otoscope.typing import AnyFloats


@dataclass(frozen=True, eq=False)
class Measurements:
    """The finished states of all statistics of a run.

    Attributes:
        statistics: name, doc, units, dims and coords of every statistic.
        rows: values `[utterance, layer, head]` of each scalar statistic; NaN for a head that its layer lacks, and for
            all heads of an utterance for which the statistic is undefined.
        clusters: cluster of each utterance, for the intervals.
        sums: sums `[group of clusters, layer, head, *dims]` of each array statistic, see `group_sums`.
    """

    statistics: Sequence[StatisticInfo]
    rows: Mapping[str, AnyFloats]
    clusters: Clusters
    sums: Mapping[str, AnyFloats] = field(default_factory=dict)


def assemble(
    measurements: Measurements,
    utterances: pd.DataFrame,
    *,
    frame_period: float,
    attributes: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Return one Dataset of means, intervals, categories and rows of a run.

    Args:
        measurements: statistics with their states; globalness, verticality and diagonality are required.
        utterances: index of ids, columns frames, duration (s) and speaker (may be absent), in the order of the rows;
            and those of `SPEAKER_COORDINATES` that the corpus has.
        frame_period: seconds between two frames of the model.
        attributes: more attributes of the Dataset, such as `model`, `corpus` and `synthetic` (speech).

    Raises:
        InputError: the Dataset does not match the schema of a run.

    >>> from types import SimpleNamespace
    >>> names = ["globalness", "verticality", "diagonality"]
    >>> described = [SimpleNamespace(name=name, doc=name, units="1", dims=(), coords={}) for name in names]
    >>> rows = dict(zip(names, np.random.default_rng(0).random((3, 5, 1, 2))))  # 5 utterances, 1 layer, 2 heads
    >>> table = pd.DataFrame({"frames": 9, "duration": 0.2, "speaker": "s"}, index=[f"u{i}" for i in range(5)])
    >>> from otoscope.statistics.clusters import make_clusters
    >>> clusters = make_clusters(table["speaker"], list(table.index))
    >>> dataset = assemble(Measurements(described, rows, clusters), table, frame_period=0.02)
    >>> dataset.globalness.sizes, dataset.attrs["clusters"]
    (Frozen({'layer': 1, 'head': 2}), '5 utterances of one speaker')
    """
    statistics, clusters = measurements.statistics, measurements.clusters
    means, intervals = _means(measurements)
    category = categorise(*(means[name] for name in RANKED))
    values: dict[str, npt.NDArray[Any]] = {
        "category": category.astype(object),
        "category_agreement": _agreement(category, measurements),
    }
    values |= means
    values |= {f"{name}_interval": ends for name, ends in intervals.items()}
    values |= {f"{name}_rows": row_values for name, row_values in measurements.rows.items()}
    attrs = {
        "format_version": FORMAT_VERSION,
        "frame_period": frame_period,
        "statistics": [statistic.name for statistic in statistics],
        "clusters": clusters.text,
        **(attributes or {}),
    }
    coords = _coordinates(category.shape, utterances, statistics)
    dataset = xr.Dataset(labelled(_variables(statistics), values), coords=coords, attrs=attrs)
    validate_dataset(dataset)
    return dataset


def _means(measurements: Measurements) -> tuple[dict[str, AnyFloats], dict[str, AnyFloats]]:
    """Return the mean and the interval of every statistic."""
    clusters, units = measurements.clusters, {statistic.name: statistic.units for statistic in measurements.statistics}
    means: dict[str, AnyFloats] = {}
    intervals: dict[str, AnyFloats] = {}
    for name, values in measurements.rows.items():
        mean = mean_estimate(values, clusters)
        means[name], intervals[name] = mean.value, interval(mean, scale_of(units[name], values))
    count = group_sums(np.ones(len(clusters.names)), clusters)
    for name, sums in measurements.sums.items():
        share = estimate(ratio, clusters.key, sums, count)
        means[name], intervals[name] = share.value, interval(share, LOGIT)
    return means, intervals


def _agreement(category: npt.NDArray[np.str_], measurements: Measurements) -> AnyFloats:
    """Return the share of resamples of the clusters in which each head keeps its category, `[layer, head]`."""
    rows, weights = measurements.rows, cluster_weights(measurements.clusters)
    resampled = {name: resampled_means(weights, rows[name], measurements.clusters) for name in RANKED}
    agreement = (categorise(*(resampled[name] for name in RANKED)) == category).mean(axis=0)
    return np.where((category == "") | np.isnan(weights).any(), np.nan, agreement)


def _variables(statistics: Iterable[StatisticInfo]) -> dict[str, Variable]:
    variables = dict(CATEGORY)
    for statistic in statistics:
        variables |= statistic_variables(statistic.name, statistic.units, statistic.doc, tuple(statistic.dims))
    return variables


def _coordinates(
    shape: tuple[int, ...], utterances: pd.DataFrame, statistics: Iterable[StatisticInfo]
) -> dict[str, xr.Variable]:
    n_layers, n_heads = shape
    values: dict[str, npt.NDArray[Any]] = {
        "layer": np.arange(n_layers),
        "head": np.arange(n_heads),
        "bound": np.array(["low", "high"], dtype=object),
        "utterance": utterances.index.to_numpy(dtype=object),
        "frames": utterances["frames"].to_numpy(),
        "duration": utterances["duration"].to_numpy(),
        "speaker": utterances["speaker"].fillna("").to_numpy(dtype=object),
        **{name: utterances[name].to_numpy() for name in SPEAKER_COORDINATES if name in utterances},
    }
    extra = {dim: np.asarray(labels) for statistic in statistics for dim, labels in statistic.coords.items()}
    described = {dim: labels for dim, labels in extra.items() if dim in COORDINATES}
    others = {dim: xr.Variable((dim,), labels) for dim, labels in extra.items() if dim not in COORDINATES}
    return others | labelled(COORDINATES, values | described)
