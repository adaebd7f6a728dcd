"""What is found of sinks, in words. Imports no torch."""

import numpy as np
import xarray as xr

from otoscope.results.rounding import format_with_error
from otoscope.results.table import intervals_line
from otoscope.results.text_table import format_table

FIRST = 8  # heads
OF_HEADS = (
    "sink_share",
    "sink_rate",
    "norm_share",
    "value_ratio",
    "hidden_ratio",
    "outside_share",
    "outside_norm_share",
)
OF_HEADS_LAST = ("output_ratio",)
OF_LAYERS = ("massive_activations", "peak_ratio", "outlier_dimensions")


def sinks_table(dataset: xr.Dataset) -> str:
    """Return tables of layers, heads, places, what predicts sinks, probes and findings."""
    parts = [_layers(dataset), _heads(dataset), _places(dataset), _explained(dataset)]
    if "score" in dataset:
        parts.append(_probes(dataset))
    foot = [intervals_line(dataset.attrs["clusters"])]
    if dataset.attrs["undefined"]:
        foot.append(f"not defined for this model: {', '.join(dataset.attrs['undefined'])}")
    return "\n".join([*parts, _findings(dataset), *foot, ""])


def _layers(dataset: xr.Dataset) -> str:
    layers = dataset["layer"].values
    rows = [["attention on sinks", *(_estimate(dataset.sel(layer=layer), "layer_share") for layer in layers)]]
    rows += [
        [name.replace("_", " "), *(_estimate(dataset.sel(layer=layer), name) for layer in layers)]
        for name in OF_LAYERS
        if name in dataset
    ]
    onset = f"sinks begin at layer {int(dataset['onset_layer'])}: the first with half of the largest share\n"
    return format_table(("layer", *map(str, layers)), rows) + onset


def _heads(dataset: xr.Dataset) -> str:
    names = [name for name in (*OF_HEADS, *OF_HEADS_LAST) if name in dataset]
    names = [name for name in names if not name.startswith("outside") or bool(dataset["outside_share"].any())]
    share = np.nan_to_num(dataset["sink_share"].values, nan=-1)
    order = np.argsort(-share, axis=None, kind="stable")[:FIRST]
    heads = [divmod(int(place), share.shape[1]) for place in order if share.flat[place] >= 0]
    rows = [
        [f"{layer}.{head}", *(_estimate(dataset.isel(layer=layer, head=head), name) for name in names)]
        for layer, head in heads
    ]
    return format_table(("head", *(name.replace("_", " ") for name in names)), rows)


def _places(dataset: xr.Dataset) -> str:
    places = [place for place in dataset["place"].values if dataset["place_tokens"].sel(place=place) > 0]
    rows = [["share of the tokens", *(_estimate(dataset.sel(place=place), "place_tokens") for place in places)]]
    rows += [
        [f"layer {layer}", *(_estimate(dataset.sel(layer=layer, place=place), "place_share") for place in places)]
        for layer in dataset["layer"].values
    ]
    return format_table(("attention on sinks in", *map(str, places)), rows)


def _explained(dataset: xr.Dataset) -> str:
    names = dataset["descriptor"].values
    rows = [
        [f"layer {layer}", *(_estimate(dataset.sel(layer=layer, descriptor=name), "explained") for name in names)]
        for layer in dataset["layer"].values
    ]
    for title, variable in (("all layers", "explained_overall"), ("all layers, sinks alone", "explained_sinks")):
        rows.append([title, *(_estimate(dataset.sel(descriptor=name), variable) for name in names)])
    return format_table(("variance of what frames draw, by", *map(str, names)), rows)


def _probes(dataset: xr.Dataset) -> str:
    rows = []
    for name in dataset["probe"].values:
        for condition in dataset["condition"].values:
            selection = dataset.sel(probe=name, condition=condition)
            change = "" if condition == "intact" else _estimate(selection, "change")
            rows.append([f"{name} ({selection['metric'].item()}), {condition}", _estimate(selection, "score"), change])
    return format_table(("probe", "score", "change"), rows)


def _findings(dataset: xr.Dataset) -> str:
    rows = []
    for claim in dataset["claim"].values:
        selection = dataset.sel(claim=claim)
        low, high = selection["finding_interval"].values
        value = selection["finding"].item()
        number = "" if np.isnan(value) else f"{value:.3f} [{low:.3f}, {high:.3f}]"
        rows.append([str(claim), selection["verdict"].item(), number, selection["finding_number"].item()])
    return format_table(("claim", "verdict", "number", "which is"), rows)


def _estimate(selection: xr.Dataset, name: str) -> str:
    """Return a value with the half-width of its interval; empty where there is no value."""
    value, (low, high) = float(selection[name]), selection[f"{name}_interval"].values
    return "" if np.isnan(value) else format_with_error(value, (high - low) / 2, 3)
