"""The results of a reproduction as one labelled Dataset of the kind `reproduction`: models, curves, claims, times."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from otoscope.papers.yang2020.claim_rows import claim_variables
from otoscope.papers.yang2020.claims.heads import SHARP_THRESHOLD, category_shares, diagonal_shifts
from otoscope.papers.yang2020.models import SEED_MODEL
from otoscope.papers.yang2020.outputs import StageOutputs
from otoscope.papers.yang2020.published import ANY_MODEL, published_r_values
from otoscope.papers.yang2020.stages import pruning_stage
from otoscope.papers.yang2020.variables import KIND, VARIABLES
from otoscope.results.categories import CATEGORIES
from otoscope.results.schema import FORMAT_VERSION, labelled
from otoscope.typing import Array

GLOBALNESS_CURVE = {"ranking": "globalness", "direction": "high to low"}
PUBLISHED_ROWS = {"rows": "published"}
CURVE_VARIABLES = (
    ("curve", "score", GLOBALNESS_CURVE),
    ("curve_interval", "score_interval", GLOBALNESS_CURVE),
    ("curve_drop", "first_drop", GLOBALNESS_CURVE),
    ("span_curve", "span_score", PUBLISHED_ROWS),
    ("span_curve_interval", "span_score_interval", PUBLISHED_ROWS),
    ("span_curve_drop", "span_first_drop", PUBLISHED_ROWS),
)
"""Name of each variable of curves here and in a run of `prune`, and the part of the run that it takes."""

PAPER_PROTOCOLS = ("strict", "lenient")
"""Protocols of the paper's scores."""


def reproduction_dataset(outputs: StageOutputs) -> xr.Dataset:
    """Return all results, with dimensions, units and descriptions.

    Args:
        outputs: outputs of the stages; what skipped stages would have written is missing or NaN.
    """
    values = dict(_model_values(outputs)) | dict(_head_values(outputs)) | dict(_boundary_values(outputs))
    values |= dict(_curve_values(outputs)) | claim_variables(outputs) | _stage_values(outputs)
    variables = labelled(VARIABLES, values)
    return xr.Dataset(variables, _coordinates(outputs)).assign_attrs(_attributes(outputs))


def probe_curves_by_corpus(outputs: StageOutputs) -> Iterator[tuple[str, dict[str, xr.Dataset]]]:
    """Yield each probe on each corpus, `phone, timit-sample`, with the curves of every model that has them."""
    for corpus in outputs.job.corpora.evaluation:
        datasets = outputs.datasets(pruning_stage(corpus))
        for probe in next(iter(datasets.values()))["probe"].values if datasets else ():
            curves = {name: dataset.sel(probe=probe) for name, dataset in datasets.items()}
            yield f"{probe}, {corpus.name}", curves


def _attributes(outputs: StageOutputs) -> dict[str, Any]:
    facts = outputs.job.corpora.phones.facts
    segmented = outputs.datasets("segmentation")
    test_part = f"{next(iter(segmented.values())).sizes['utterance']} test utterances" if segmented else ""
    return {
        "kind": KIND,
        "format_version": FORMAT_VERSION,
        "model": ", ".join(model.title for model in outputs.main_models),
        "speech": f"{facts['utterances']} utterances, {facts['speakers']} speakers",
        "speech_segmented": test_part,
        "synthetic": int(outputs.datasets("heads")[SEED_MODEL].attrs.get("synthetic", 0)),
        "sharp": SHARP_THRESHOLD,
    }


def _model_values(outputs: StageOutputs) -> Iterator[tuple[str, Array]]:
    errors = [outputs.facts(name, "held-out") for name in outputs.model_names]
    yield "title", np.array([model.title for model in outputs.job.models], object)
    yield "masking_span", np.array([model.recipe.masking.span for model in outputs.job.models])
    for variable, key in (("held_out", "model"), ("held_out_mean", "mean"), ("held_out_nearest", "nearest")):
        yield variable, np.array([error.get(key, np.nan) for error in errors])


def _head_values(outputs: StageOutputs) -> Iterator[tuple[str, Array]]:
    datasets = outputs.datasets("heads")
    shares = [category_shares(datasets[name]) for name in outputs.model_names]
    yield "category_share", np.stack([share for share, _ in shares])
    yield "category_share_interval", np.stack([bounds for _, bounds in shares])
    yield "shift", np.stack([diagonal_shifts(datasets[name]) for name in outputs.model_names])


def _boundary_values(outputs: StageOutputs) -> Iterator[tuple[str, Array]]:
    datasets = outputs.datasets("segmentation")
    if not datasets:
        return
    scores = {name: dataset.sel(measure="r_value", mode=list(PAPER_PROTOCOLS)) for name, dataset in datasets.items()}
    for variable, score in (("r_value", "scores"), ("r_value_interval", "scores_interval")):
        yield variable, _by_model(outputs, {name: dataset[score] for name, dataset in scores.items()})
    methods = [str(name) for name in next(iter(datasets.values()))["segmenter"].values]
    yield "r_value_published", np.array([_published_row(name, methods, datasets) for name in outputs.model_names])


def _published_row(model: str, methods: list[str], datasets: Mapping[str, xr.Dataset]) -> list[float]:
    """Return the published R-value of each method; NaN if there is none or the model has no segmentation."""
    if model not in datasets:
        return [np.nan] * len(methods)
    published = published_r_values()
    return [published.get((model, method), published.get((ANY_MODEL, method), np.nan)) for method in methods]


def _curve_values(outputs: StageOutputs) -> Iterator[tuple[str, Array]]:
    """Yield curves by globalness, from the highest, and over spans, of each probe on each corpus."""
    by_corpus = [curves for _, curves in probe_curves_by_corpus(outputs)]
    if not by_corpus:
        return
    for variable, source, selection in CURVE_VARIABLES:
        selected = [{name: run[source].sel(selection) for name, run in curves.items()} for curves in by_corpus]
        yield variable, np.stack([_by_model(outputs, curves) for curves in selected])
    first = [next(iter(curves.values())) for curves in by_corpus]
    yield "metric", np.array([curves["metric"].item() for curves in first], object)
    yield "higher_is_better", np.array([curves["higher_is_better"].item() for curves in first], bool)
    yield "majority", np.array([curves["majority"].item() for curves in first], float)
    yield "removed", first[0]["removed"].values


def _by_model(outputs: StageOutputs, values: Mapping[str, xr.DataArray]) -> Array:
    """Return the values stacked to `[model, ...]`; NaN for models without values."""
    missing = np.full(next(iter(values.values())).shape, np.nan)
    return np.stack([values[name].values if name in values else missing for name in outputs.model_names])


def _stage_values(outputs: StageOutputs) -> dict[str, Array]:
    records = outputs.records.values()
    return {
        "seconds": np.array([record.seconds for record in records]),
        "skip_reason": np.array([record.skip_reason for record in records], object),
    }


def _coordinates(outputs: StageOutputs) -> dict[str, Any]:
    labels: dict[str, Any] = {"model": outputs.model_names, "category": CATEGORIES, "bound": ("low", "high")}
    labels |= {"stage": list(outputs.records), "mode": PAPER_PROTOCOLS}
    if segmented := outputs.datasets("segmentation"):
        labels["segmenter"] = next(iter(segmented.values()))["segmenter"].values
    coords = {name: np.array(values, dtype=object) for name, values in labels.items()}
    if by_corpus := list(probe_curves_by_corpus(outputs)):
        coords["probe_corpus"] = np.array([name for name, _ in by_corpus], object)
        coords["radius"] = next(iter(by_corpus[0][1].values()))["radius"].values
    return coords
