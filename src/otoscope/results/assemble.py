"""Build the labelled Dataset of a run from finished states."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from otoscope.results.bootstrap import Bootstrap, fold_intervals, row_intervals
from otoscope.results.categories import categorise
from otoscope.results.schema import (
    CATEGORY,
    COORDINATES,
    FORMAT_VERSION,
    StatisticInfo,
    Variable,
    statistic_variables,
    validate_dataset,
)
from otoscope.statistics.accumulator import mean_of_defined
from otoscope.typing import AnyFloats as Floats
from otoscope.typing import Ints

Folds = tuple[Floats, Ints]


def assemble(
    rows: Mapping[str, Floats],
    folds: Mapping[str, Folds],
    utterances: pd.DataFrame,
    statistics: Iterable[StatisticInfo],
    *,
    frame_period: float,
    about: Mapping[str, Any] | None = None,
    bootstrap: Bootstrap | None = None,
) -> xr.Dataset:
    """Build one Dataset of means, intervals, categories and rows of a run.

    Args:
        rows: scalar statistic -> values [utterance, layer, head]; a head that its layer lacks is NaN, and so are all
            heads of an utterance for which the statistic is undefined.
        folds: array statistic -> (sums [fold, layer, head, *dims], number of utterances [fold]).
        utterances: index of ids, columns frames, duration (s) and speaker (may be absent), in the order of the rows.
        statistics: name, doc, units, dims and coords of every statistic in `rows` and `folds`, in that order.
        frame_period: seconds between two frames of the model.
        about: more attributes of the Dataset, such as `model`, `corpus` and `synthetic` (speech).
        bootstrap: how to resample for the intervals.

    >>> from types import SimpleNamespace
    >>> names = ["globalness", "verticality", "diagonality"]
    >>> described = [SimpleNamespace(name=name, doc=name, units="1", dims=(), coords={}) for name in names]
    >>> rows = dict(zip(names, np.random.default_rng(0).random((3, 5, 1, 2))))  # 5 utterances, 1 layer, 2 heads
    >>> table = pd.DataFrame({"frames": 9, "duration": 0.2, "speaker": "s"}, index=[f"u{i}" for i in range(5)])
    >>> dataset = assemble(rows, {}, table, described, frame_period=0.02)
    >>> dataset.globalness.sizes
    Frozen({'layer': 1, 'head': 2})
    """
    statistics, bootstrap = list(statistics), bootstrap or Bootstrap()
    intervals, agreement = row_intervals(rows, bootstrap)
    means = {name: mean_of_defined(values) for name, values in rows.items()}
    for name, (sums, counts) in folds.items():
        means[name] = sums.sum(axis=0) / counts.sum()
        intervals[name] = fold_intervals(sums, counts, bootstrap)
    category = categorise(means["globalness"], means["verticality"], means["diagonality"])
    values: dict[str, npt.NDArray[Any]] = {"category": category.astype(object), "category_agreement": agreement}
    values |= means
    values |= {f"{name}_interval": ends for name, ends in intervals.items()}
    values |= {f"{name}_rows": values_of for name, values_of in rows.items()}
    attrs = {
        "format_version": FORMAT_VERSION,
        "frame_period": frame_period,
        "statistics": [statistic.name for statistic in statistics],
        **(about or {}),
    }
    coords = _coordinates(category.shape, utterances, statistics)
    dataset = xr.Dataset(_labelled(_variables(statistics), values), coords=coords, attrs=attrs)
    validate_dataset(dataset)
    return dataset


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
    }
    extra = {dim: np.asarray(labels) for statistic in statistics for dim, labels in statistic.coords.items()}
    known = {dim: labels for dim, labels in extra.items() if dim in COORDINATES}
    own = {dim: xr.Variable((dim,), labels) for dim, labels in extra.items() if dim not in COORDINATES}
    return own | _labelled(COORDINATES, values | known)


def _labelled(variables: Mapping[str, Variable], values: Mapping[str, npt.NDArray[Any]]) -> dict[str, xr.Variable]:
    return {name: xr.Variable(variables[name].dims, array, variables[name].attrs) for name, array in values.items()}
