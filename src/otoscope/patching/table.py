"""Effects of restored heads, in words. Imports no torch."""

import numpy as np
import xarray as xr

from otoscope.results.rounding import format_with_error
from otoscope.results.table import intervals_line
from otoscope.results.text_table import format_table

FIRST = 10  # heads
TITLES = ("share restored by", "heads", "exact", "by gradient")


def patch_table(dataset: xr.Dataset) -> str:
    """Return a table for each measure: the effects of categories, layers and the strongest heads."""
    tables = [_measure(dataset.sel(measure=name)) for name in dataset["measure"].values]
    return "\n".join([*tables, intervals_line(dataset.attrs["clusters"]) + "\n"])


def _measure(selection: xr.Dataset) -> str:
    clean, corrupted = float(selection["clean_loss"].mean()), float(selection["corrupted_loss"].mean())
    loss = (
        f"{selection['measure'].item()}: loss {clean:.3f} clean, {corrupted:.3f} with {selection.attrs['corruption']}"
    )
    groups = [
        [str(name), str(int(each["group_member"].sum())), _estimate(each, "group_effect"), _summed(each)]
        for name in selection["group"].values
        for each in [selection.sel(group=name)]
    ]
    order = np.argsort(-np.abs(np.nan_to_num(selection["effect"].values)), axis=None)[:FIRST]
    heads = [divmod(int(place), selection.sizes["head"]) for place in order]
    rows = [
        [f"head {layer}.{head}", "1", *(_estimate(selection.sel(layer=layer, head=head), name) for name in NAMES)]
        for layer, head in heads
    ]
    return f"{loss}\n{format_table(TITLES, groups + rows + _frames(selection))}"


def _frames(selection: xr.Dataset) -> list[list[str]]:
    """Return a row for each layer that is restored exactly in frames at some distance, the strongest first."""
    if "exact_frame_effect" not in selection:
        return []
    effect = np.abs(selection["exact_frame_effect"].values)
    places = [divmod(int(place), effect.shape[1]) for place in np.argsort(-np.nan_to_num(effect), axis=None)]
    return [
        [
            f"layer {layer}, {selection['distance'].values[distance]}",
            str(int(selection["group_member"].sel(group=f"layer {layer}").sum())),
            *(_estimate(selection.isel(layer=layer, distance=distance), name) for name in FRAME_NAMES),
        ]
        for layer, distance in places[:FIRST]
        if np.isfinite(effect[layer, distance])
    ]


NAMES, FRAME_NAMES = ("exact_effect", "effect"), ("exact_frame_effect", "frame_effect")


def _summed(group: xr.Dataset) -> str:
    """Return the sum of the effects by gradient of the heads of a group."""
    return f"{float(group['effect'].where(group['group_member']).sum()):.3f}"


def _estimate(selection: xr.Dataset, name: str) -> str:
    low, high = selection[f"{name}_interval"].values
    return "" if np.isnan(selection[name].item()) else format_with_error(selection[name].item(), (high - low) / 2, 3)
