"""Tables of R-values, and of scores of the pruned model."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xarray as xr

from otoscope.papers.html import table
from otoscope.papers.yang2020.report.cells import NOTHING, format_interval, format_number, format_signed
from otoscope.papers.yang2020.stages import SPAN_FRAMES

STRICT = "strict"
ROW_TEXTS = {"published": "as published", "renormalised": "normalised again, as refined"}


def r_value_table(dataset: xr.Dataset, mode: str) -> str:
    """Return the R-values of each method and model; strict ones with the published values."""
    in_mode = dataset.sel(mode=mode)
    rows = [_r_value_row(in_mode.sel(segmenter=method), mode) for method in dataset["segmenter"].values]
    titles = ["method", *dataset["title"].values, *(["published"] if mode == STRICT else [])]
    return table(titles, rows, numbers=range(1, len(titles)))


def change_table(datasets: Mapping[str, xr.Dataset]) -> str:
    """Return how the scores change as global heads are removed and as the span is limited, by corpus and probe."""
    titles = ("corpus", "probe", "intact", "intervention", "score", "change", "95 % interval")
    rows = list[Sequence[str]]()
    for corpus, dataset in datasets.items():
        for probe in dataset["probe"].values:
            rows += _changes(corpus, dataset.sel(probe=probe))
    return table(titles, rows, (2, 4, 5, 6))


def _r_value_row(method: xr.Dataset, mode: str) -> list[str]:
    values = [_r_value(method.sel(model=model)) for model in method["model"].values]
    return [str(method["segmenter"].item()), *values, *([_published(method)] if mode == STRICT else [])]


def _r_value(dataset: xr.Dataset) -> str:
    value = dataset["r_value"].item()
    return NOTHING if np.isnan(value) else f"{value:.3f} ({format_interval(dataset['r_value_interval'].values)})"


def _published(method: xr.Dataset) -> str:
    """Return `M3 0.800, M6 0.784`, or one number if the method needs no model."""
    published = method[["r_value_published", "title"]].dropna("model")
    values = [f"{value:.3f}" for value in published["r_value_published"].values]
    if len(values) > 1 and len(set(values)) == 1:
        return values[0]
    return (
        ", ".join(f"{title} {value}" for title, value in zip(published["title"].values, values, strict=True)) or NOTHING
    )


def _changes(corpus: str, curves: xr.Dataset) -> Iterator[list[str]]:
    """Yield one row for each intervention; the first names corpus, probe and intact score."""
    remark = "" if curves["higher_is_better"].item() else ", low is good"
    heads = curves.sel(ranking="globalness", direction="high to low")
    first = [corpus, f"{curves['probe'].item()}{remark}", format_number(heads["score"].values[0])]
    interventions = [*_removals(heads), *(_limits(curves) if "span_score" in curves else ())]
    for number, cells in enumerate(interventions):
        yield [*(["", "", ""] if number else first), *cells]


def _removals(curve: xr.Dataset) -> Iterator[list[str]]:
    removed = curve["removed"].values
    for step in range(1, len(removed) - 1):
        share = f"{removed[step] / removed[-1]:.0%} of the heads removed, the most global first"
        yield [share, *_score_cells(curve.isel(step=step), "")]


def _limits(curves: xr.Dataset) -> Iterator[list[str]]:
    radii = curves["radius"].values[1:]
    refined = [("renormalised", radius) for radius in radii if radius == SPAN_FRAMES]
    for rows, radius in [*(("published", radius) for radius in radii), *refined]:
        text = f"span of {radius:.0f} frames, rows {ROW_TEXTS[rows]}"
        yield [text, *_score_cells(curves.sel(rows=rows, radius=radius), "span_")]


def _score_cells(dataset: xr.Dataset, prefix: str) -> Sequence[str]:
    score, change = dataset[f"{prefix}score"].item(), dataset[f"{prefix}change"].item()
    interval = format_interval(dataset[f"{prefix}change_interval"].values, signed=True)
    return [format_number(score), format_signed(change), interval]
