"""Heads in figures: a table with one row per head, one marker per head, and the axis of layers."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from otoscope.figures.style.design import Design
from otoscope.figures.style.page import text_width
from otoscope.figures.style.theme import MARKERS, TEXT_PT, Theme
from otoscope.results.categories import CATEGORY_STATISTIC, competition_ranks
from otoscope.results.schema import HEAD_DIMS
from otoscope.typing import AnyFloats, Floats

FAINT = 0.25  # opacity of heads that are not chosen
LAYER_SHARE = 0.7
"""Share of the width of a layer that its heads fill, on an axis of layers."""


def head_positions(dataset: xr.Dataset) -> Floats:
    """Return the positions `[layer, head]` on an axis of layers; the heads of a layer are next to each other.

    >>> head_positions(xr.Dataset(coords={"layer": [0, 1], "head": [0, 1]})).tolist()
    [[-0.175, 0.175], [0.825, 1.175]]
    """
    across = (np.arange(dataset.sizes["head"]) + 0.5) / dataset.sizes["head"] - 0.5
    positions: Floats = dataset["layer"].values[:, None] + LAYER_SHARE * across
    return positions


def head_rankings(dataset: xr.Dataset) -> pd.DataFrame:
    """Return the heads with `layer`, `head`, `category`, and `value`, `low`, `high`, `rank` by its statistic.

    `rank` counts from 1 over all heads. Heads that a layer does not have are skipped.
    """
    heads = dataset[["category", *CATEGORY_STATISTIC.values()]].to_dataframe(dim_order=list(HEAD_DIMS)).reset_index()
    for category, statistic in CATEGORY_STATISTIC.items():
        here = heads["category"] == category
        bounds = dataset[f"{statistic}_interval"].values.reshape(-1, 2)
        heads.loc[here, "value"] = heads.loc[here, statistic]
        heads.loc[here, "rank"] = competition_ranks(heads[statistic].to_numpy())[here]
        heads.loc[here, "low"], heads.loc[here, "high"] = bounds[here, 0], bounds[here, 1]
    present = heads[heads["category"] != ""]
    return present.astype({"rank": int})[[*HEAD_DIMS, "category", "value", "low", "high", "rank"]]


def draw_heads(
    axes: Axes, dataset: xr.Dataset, points: tuple[AnyFloats, AnyFloats], ends: AnyFloats, design: Design
) -> None:
    """Draw one marker per head by its category, and its interval as a thin bar.

    Args:
        axes: where to draw.
        dataset: Dataset of a run.
        points: horizontal and vertical positions of the heads, `[layer, head]` each.
        ends: ends of the vertical intervals, `[layer, head, bound]`.
        design: theme, and heads to name; other heads are faint then.
    """
    across, up = points
    category, chosen = dataset["category"].values, are_chosen(dataset, design)
    for name, marker in MARKERS.items():
        for is_chosen in (False, True):
            here, colour = (category == name) & (chosen == is_chosen), design.theme.categories[name]
            alpha = 1.0 if is_chosen else FAINT
            axes.vlines(across[here], *ends[here].T, color=colour, linewidth=0.6, alpha=alpha)
            (markers,) = axes.plot(across[here], up[here], marker, color=colour, alpha=alpha, clip_on=False)
            markers.set(markersize=3.2, markeredgewidth=0.3, markeredgecolor=design.theme.surface)
    for layer, head in design.heads:
        position = (across[layer, head], up[layer, head])
        axes.annotate(f"{layer}.{head}", position, (3, 2), textcoords="offset points")


def are_chosen(dataset: xr.Dataset, design: Design) -> np.ndarray:
    """Return whether the design names a head, `[layer, head]`; all heads if it names none."""
    chosen = np.full((dataset.sizes["layer"], dataset.sizes["head"]), not design.heads)
    for layer, head in design.heads:
        chosen[layer, head] = True
    return chosen


def format_layer_axis(axes: Axes, n_layers: int, width: float, theme: Theme) -> None:
    """Number the layers along an axis of a width in mm, as many as fit, with lines between layers."""
    step = int(np.ceil((text_width(str(n_layers - 1), TEXT_PT) + 1) / (width / n_layers)))
    axes.set_xlim(-0.5, n_layers - 0.5)
    axes.set_xticks(range(0, n_layers, step))
    axes.set_xticks(np.arange(0.5, n_layers - 1), minor=True)
    axes.tick_params(axis="x", which="both", length=0)
    axes.grid(axis="x", which="minor", color=theme.grid, linewidth=0.4)
    axes.set_axisbelow(True)


def quantity(array: xr.DataArray) -> str:
    """Return the name of a variable with its units: `verticality (nats)`; a pure number has no units.

    >>> quantity(xr.DataArray(0, name="verticality", attrs={"units": "nats"}))
    'verticality (nats)'
    """
    return f"{array.name} ({units_of(array)})" if units_of(array) else str(array.name)


def units_of(array: xr.DataArray) -> str:
    """Return the units of a variable; empty for a pure number."""
    return str(array.attrs["units"]).removeprefix("1")
