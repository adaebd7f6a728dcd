"""Tables of the corpora, the models and their heads."""

from typing import Any

import numpy as np
import xarray as xr

from otoscope.models.mockingjay import MockingjayConfig
from otoscope.papers.html import table
from otoscope.papers.yang2020.models import ModelSpec
from otoscope.papers.yang2020.outputs import StageOutputs
from otoscope.papers.yang2020.report.cells import NOTHING, format_interval, format_number
from otoscope.papers.yang2020.stages import POOL
from otoscope.pretraining.masking import Masking


def corpus_table(outputs: StageOutputs) -> str:
    """Return the size of each corpus to train and to evaluate on."""
    titles = ("corpus", "role", "utterances", "hours", "speakers", "with phones", "skipped")
    pool = outputs.facts(POOL, "speech").get("corpora", [])
    facts = [*pool, *(corpus.facts for corpus in outputs.job.corpora.evaluation)]
    return table(titles, [_corpus_row(fact) for fact in facts], numbers=(2, 3, 4, 5, 6))


def model_table(outputs: StageOutputs, dataset: xr.Dataset) -> str:
    """Return the size, the recipe and the held-out loss of each model."""
    titles = ("model", "layers x heads, width", "masked frames", "steps", "batch")
    losses = ("held-out masked L1", "predicting the mean", "copying the nearest frame")
    rows = [_model_row(model, dataset.sel(model=model.name)) for model in outputs.job.models]
    return table((*titles, *losses), rows, numbers=range(3, 8))


def share_table(dataset: xr.Dataset) -> str:
    """Return the shares of categories and the shifts of diagonal heads, by model."""
    titles = ("model", *dataset["category"].values, "sharp diagonal heads", "mean shift", "off the main diagonal")
    return table(titles, [_share_row(dataset.sel(model=name)) for name in dataset["model"].values], range(1, 7))


def _corpus_row(facts: dict[str, Any]) -> list[str]:
    names = ("name", "role", "utterances", "hours", "speakers", "labelled", "skipped")
    return [f"{facts[name]:.2f}" if name == "hours" else str(facts[name]) for name in names]


def _model_row(model: ModelSpec, dataset: xr.Dataset) -> list[str]:
    recipe, shape = model.recipe, MockingjayConfig(**model.recipe.model)
    size = f"{shape.num_hidden_layers} x {shape.num_attention_heads}, {shape.hidden_size}"
    losses = [format_number(dataset[name].item()) for name in ("held_out", "held_out_mean", "held_out_nearest")]
    steps, batch = str(recipe.training["max_steps"]), str(recipe.batching.size)
    return [model.title, size, _masked_frames(recipe.masking), steps, batch, *losses]


def _masked_frames(masking: Masking) -> str:
    """Return `6`, or `6 (3 in the first 4000 steps)`."""
    early = f" ({masking.early_span} in the first {masking.early_steps} steps)" if masking.early_steps else ""
    return f"{masking.span}{early}"


def _share_row(dataset: xr.Dataset) -> list[str]:
    shares = [_share(dataset.sel(category=category)) for category in dataset["category"].values]
    shift = np.abs(dataset["shift"].values[~np.isnan(dataset["shift"].values)])
    shifts = [f"{shift.mean():.0f} ms", f"{(shift > 0).mean():.0%}"] if len(shift) else [NOTHING, NOTHING]
    return [str(dataset["title"].item()), *shares, str(len(shift)), *shifts]


def _share(dataset: xr.Dataset) -> str:
    interval = format_interval(dataset["category_share_interval"].values, percent=True)
    return f"{dataset['category_share'].item():.0%} ({interval})"
