"""Agreement and faithfulness in words. Imports no torch."""

from collections.abc import Iterable

import numpy as np
import xarray as xr

from otoscope.attribution.dataset import RANDOM
from otoscope.results.categories import CATEGORIES
from otoscope.results.rounding import format_with_error
from otoscope.results.table import intervals_line
from otoscope.results.text_table import format_table
from otoscope.results.verdict import verdict_of_interval


def faithfulness_table(dataset: xr.Dataset) -> str:
    """Return tables: agreement with each relevance, what is left in each order, and the claim on diagonal heads."""
    answers = int(dataset["answers"].sum())
    heading = (
        f"output {dataset.attrs['output']}: {answers} outputs of {dataset.sizes['utterance']} utterances, pieces of "
        f"{1000 * dataset.attrs['piece']:g} ms"
    )
    missing = [f"{name} was not measured: {reason}" for name, reason in dataset.attrs["not_measured"].items()]
    parts = [heading, *missing, _agreement(dataset), _deletion(dataset), _claims(dataset)]
    return "\n".join([*parts, intervals_line(dataset.attrs["clusters"])]) + "\n"


def _agreement(dataset: xr.Dataset) -> str:
    every, categories = dataset["group"].values, [*CATEGORIES, "all"]
    rows = _group_rows(dataset, "group_agreement", every, "")
    rows += _group_rows(dataset, "group_agreement_beyond_distance", categories, ", beyond distance")
    orders = [dataset.sel(order=order) for order in dataset["order"].values if order != RANDOM]
    rows += [[str(selection["order"].item()), "", *_estimates(selection, "order_agreement")] for selection in orders]
    return format_table(("rank correlation with", "heads", *map(str, dataset["relevance"].values)), rows)


def _group_rows(dataset: xr.Dataset, name: str, groups: Iterable[str], suffix: str) -> list[list[str]]:
    return [
        [f"{score}, {group}{suffix}", str(int(selection["group_member"].sum())), *_estimates(selection, name)]
        for score in dataset["score"].values
        for group in groups
        for selection in [dataset.sel(score=score, group=group)]
    ]


def _estimates(selection: xr.Dataset, name: str) -> list[str]:
    return [_estimate(selection.sel(relevance=relevance), name) for relevance in selection["relevance"].values]


def _deletion(dataset: xr.Dataset) -> str:
    is_drawn = dataset["head_left"].isel(utterance=0, score=0, fraction=0).notnull()
    orders = [dataset.sel(order=order) for order in dataset["order"].values]
    rows = [
        [str(selection["order"].item()), "", _estimate(selection, "area"), _estimate(selection, "gain")]
        for selection in orders
    ]
    for score in dataset["score"].values:
        for group in dataset["group"].values:
            selection = dataset.sel(score=score, group=group)
            if drawn := int((selection["group_member"] & is_drawn).sum()):
                label = f"{score}, {group}"
                rows.append([label, str(drawn), _estimate(selection, "group_area"), _estimate(selection, "group_gain")])
    return format_table(("deleted in the order of", "heads", "share left", "less than random"), rows)


def _claims(dataset: xr.Dataset) -> str:
    names = {"diagonal_less_vertical": "", "diagonal_less_vertical_beyond_distance": ", beyond distance"}
    rows = [
        [
            f"{score}, {relevance}{suffix}",
            _estimate(selection, name),
            verdict_of_interval(*selection[f"{name}_interval"].values),
        ]
        for name, suffix in names.items()
        for score in dataset["score"].values
        for relevance in dataset["relevance"].values
        for selection in [dataset.sel(score=score, relevance=relevance)]
    ]
    return format_table(("diagonal heads agree better than vertical", "difference", "verdict"), rows)


def _estimate(selection: xr.Dataset, name: str) -> str:
    value, (low, high) = selection[name].item(), selection[f"{name}_interval"].values
    return "" if np.isnan(value) else format_with_error(value, (high - low) / 2, 3)
