"""What layers hold, in words. Imports no torch."""

import numpy as np
import xarray as xr

from otoscope.results.rounding import format_with_error
from otoscope.results.table import intervals_line
from otoscope.results.text_table import format_table


def layer_table(dataset: xr.Dataset) -> str:
    """Return a table for each probe, one of the similarity of depths, and one of the categories of heads."""
    probes = [_probe(dataset.sel(probe=name)) for name in dataset["probe"].values] if "score" in dataset else []
    clusters = intervals_line(dataset.attrs["clusters"])
    return "\n".join([*probes, _similarity(dataset), _categories(dataset), clusters + " (and seeds)\n"])


def _probe(selection: xr.Dataset) -> str:
    depths = selection["depth"].values
    rows = [
        [str(reader), *(_estimate(selection.sel(depth=depth, reader=reader), "score") for depth in depths)]
        for reader in selection["reader"].values
    ]
    selective = [_estimate(selection.sel(depth=depth), "selectivity") for depth in depths]
    title = f"{selection['probe'].item()} ({selection['metric'].item()}), depth"
    return format_table((title, *map(str, depths)), [*rows, ["selectivity", *selective]])


def _similarity(dataset: xr.Dataset) -> str:
    """Return CKA of each representation with the next one, with log-mel, and with the closest of another model."""
    names = [str(name) for name in dataset["representation"].values]
    own = [name for name in names if name.isdecimal()]
    pairs: dict[str, list[str]] = {"with the next depth": own[1:], "with log-mel": ["log-mel"] * len(own)}
    rows = []
    if others := [name for name in names if name.startswith("against ")]:
        closest = [_closest(dataset, name, others) for name in own]
        rows.append(["closest depth of the other model", *(name.removeprefix("against ") for name in closest)])
        pairs["with this depth"] = closest
    for title, mates in pairs.items():
        cells = [_estimate(dataset.sel(representation=a, other=b), "cka") for a, b in zip(own, mates, strict=False)]
        rows.append([title, *cells, *[""] * (len(own) - len(cells))])
    return format_table(("linear CKA, depth", *own), rows)


def _closest(dataset: xr.Dataset, name: str, others: list[str]) -> str:
    row = dataset["cka"].sel(representation=name, other=others).values
    return others[int(np.argmax(np.nan_to_num(row)))]


def _categories(dataset: xr.Dataset) -> str:
    layers = dataset["layer"].values
    rows = [
        [str(name), *(_estimate(dataset.sel(layer=layer, category_name=name), "category_share") for layer in layers)]
        for name in dataset["category_name"].values
    ]
    return format_table(("share of heads, layer", *map(str, layers)), rows)


def _estimate(selection: xr.Dataset, name: str) -> str:
    """Return a value with the half-width of its interval; empty where there is no value."""
    number, (low, high) = float(selection[name]), selection[f"{name}_interval"].values
    return "" if np.isnan(number) else format_with_error(number, (high - low) / 2, 3)
