"""The three statistics of every head over layers, and the shares of the categories in each layer."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.head_table import head_positions
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.legend import add_category_legend
from otoscope.figures.style.page import COLUMN, add_axes_mm, add_text_mm, new_page, text_width
from otoscope.figures.style.theme import LETTERS, MARKERS, TEXT_PT, Theme
from otoscope.results.categories import CATEGORY_STATISTIC

LEFT, TOP, WIDTH = 12.0, 23.5, 74.0
HEIGHT, PITCH, SHARES = 25.0, 31.0, 20.0
BAR = 0.72  # of the width of one layer: its bar of shares


def head_distribution(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the distribution from the Dataset of a run."""
    figure = new_page(COLUMN, TOP + 3 * PITCH + SHARES + 8.5)
    add_header(figure, "Heads over layers", corpus_caption(dataset), dataset, theme, COLUMN)
    add_category_legend(figure, dataset, LEFT, TOP - 9, theme)
    for i, statistic in enumerate(("globalness", "verticality", "diagonality")):
        axes = add_axes_mm(figure, LEFT, TOP + i * PITCH, WIDTH, HEIGHT)
        _statistic(axes, dataset, statistic, theme)
        _over_layers(axes, dataset.sizes["layer"], theme)
        axes.tick_params(labelbottom=False)
        add_text_mm(figure, LEFT, TOP + i * PITCH - 4, _with_units(dataset[statistic]), weight="bold")
    add_text_mm(figure, LEFT, TOP + 3 * PITCH - 4, "share of the layer's heads", weight="bold")
    axes = add_axes_mm(figure, LEFT, TOP + 3 * PITCH, WIDTH, SHARES)
    _shares(axes, dataset, theme)
    _over_layers(axes, dataset.sizes["layer"], theme)
    axes.set_xlabel("layer", labelpad=2)
    return figure


def _statistic(axes: Axes, dataset: xr.Dataset, statistic: str, theme: Theme) -> None:
    """Draw one marker per head with its interval as a thin bar, the heads of a layer next to each other."""
    category = dataset["category"].values
    values, bounds = dataset[statistic].values, dataset[f"{statistic}_interval"].values
    positions = head_positions(dataset)
    for name, marker in MARKERS.items():
        here, colour = category == name, theme.categories[name]
        axes.vlines(positions[here], *bounds[here].T, color=colour, linewidth=0.6, alpha=0.7)
        axes.plot(
            positions[here],
            values[here],
            marker,
            color=colour,
            markersize=2.9,
            markeredgewidth=0.3,
            markeredgecolor=theme.surface,
        )
    axes.margins(y=0.1)
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _shares(axes: Axes, dataset: xr.Dataset, theme: Theme) -> None:
    """Draw stacked bars: the share of global, vertical and diagonal heads in each layer."""
    shares = _category_shares(dataset)
    bar_width = WIDTH / len(shares) * BAR
    bottom = np.zeros(len(shares))
    for category, letter in LETTERS.items():
        heights = shares[category].to_numpy()
        axes.bar(
            shares.index, heights, BAR, bottom, color=theme.categories[category], edgecolor=theme.surface, linewidth=0.5
        )
        for layer, height, base in zip(shares.index, heights, bottom, strict=True):
            if height * SHARES > 3 and bar_width > 2.5:
                axes.text(
                    layer,
                    base + height / 2,
                    letter,
                    ha="center",
                    va="center_baseline",
                    color=theme.surface,
                    weight="bold",
                )
        bottom += heights
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1])
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _category_shares(dataset: xr.Dataset) -> pd.DataFrame:
    """Return the share of each category (column) in each layer (row)."""
    heads = dataset["category"].to_series().rename("category").reset_index()
    present = heads[heads["category"] != ""]
    shares = pd.crosstab(present["layer"], present["category"], normalize="index")
    return shares.reindex(columns=list(LETTERS), fill_value=0)


def _over_layers(axes: Axes, n_layers: int, theme: Theme) -> None:
    layer_width = WIDTH / n_layers
    step = int(np.ceil((text_width(str(n_layers - 1), TEXT_PT) + 1) / layer_width))
    axes.set_xlim(-0.5, n_layers - 0.5)
    axes.set_xticks(range(0, n_layers, step))
    axes.set_xticks(np.arange(0.5, n_layers - 1), minor=True)
    axes.tick_params(axis="x", which="both", length=0)
    axes.grid(axis="x", which="minor", color=theme.grid, linewidth=0.4)
    axes.set_axisbelow(True)


def _with_units(array: xr.DataArray) -> str:
    units = array.attrs["units"]
    return str(array.name) if units == "1" else f"{array.name} ({units})"


FIGURE = FigureSpec(
    name="head-distribution",
    doc="every head over layers in the three statistics with its interval, and category shares of each layer",
    variables=("category", *CATEGORY_STATISTIC.values()),
    function=head_distribution,
)
