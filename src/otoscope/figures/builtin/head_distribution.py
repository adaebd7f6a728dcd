"""The three statistics of every head over layers, and the shares of the categories in each layer."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.head_table import draw_heads, format_layer_axis, head_positions, quantity
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.legend import add_category_legend
from otoscope.figures.style.note import add_note, interval_note, note_height
from otoscope.figures.style.page import COLUMN, Page, add_axes_mm, name_vertical, new_page
from otoscope.figures.style.theme import LETTERS
from otoscope.results.categories import CATEGORY_STATISTIC

LEFT, TOP, RIGHT = 15.0, 19.0, 2.0
HEIGHT, PITCH, SHARES, BELOW = 25.0, 29.0, 20.0, 9.0
BAR = 0.72  # of the width of one layer: its bar of shares
STATISTICS = ("globalness", "verticality", "diagonality")


def head_distribution(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the distribution from the Dataset of a run."""
    width = design.width(COLUMN)
    note, bottom = interval_note(dataset, *STATISTICS), TOP + len(STATISTICS) * PITCH + SHARES + BELOW
    page = new_page(design, width, bottom + note_height(note, width))
    add_header(page, "Heads over layers", corpus_caption(dataset), dataset, design)
    add_category_legend(page, dataset, LEFT, TOP - 5.5, design.theme)
    for i, statistic in enumerate(STATISTICS):
        axes = _panel(page, dataset, TOP + i * PITCH, HEIGHT, design)
        values, ends = dataset[statistic].values, dataset[f"{statistic}_interval"].values
        draw_heads(axes, dataset, (head_positions(dataset), values), ends, design)
        axes.margins(y=0.1)
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.tick_params(labelbottom=False)
        name_vertical(page, axes, quantity(dataset[statistic]))
    axes = _panel(page, dataset, TOP + len(STATISTICS) * PITCH, SHARES, design)
    _shares(axes, dataset, page.width - LEFT - RIGHT, design)
    axes.set_xlabel("layer", labelpad=2)
    name_vertical(page, axes, "share of heads (%)")
    add_note(page, bottom, note, design.theme)
    return page


def _panel(page: Page, dataset: xr.Dataset, top: float, height: float, design: Design) -> Axes:
    width = page.width - LEFT - RIGHT
    axes = add_axes_mm(page, LEFT, top, width, height)
    format_layer_axis(axes, dataset.sizes["layer"], width, design.theme)
    return axes


def _shares(axes: Axes, dataset: xr.Dataset, width: float, design: Design) -> None:
    """Draw stacked bars: the share of global, vertical and diagonal heads in each layer."""
    shares, theme = _category_shares(dataset), design.theme
    bar_width = width / len(shares) * BAR
    bottom = np.zeros(len(shares))
    for category, letter in LETTERS.items():
        heights, colour = shares[category].to_numpy(), theme.categories[category]
        axes.bar(shares.index, heights, BAR, bottom, color=colour, edgecolor=theme.surface, linewidth=0.5)
        look: dict[str, Any] = {"ha": "center", "va": "center_baseline", "color": theme.surface, "weight": "bold"}
        for layer, height, base in zip(shares.index, heights, bottom, strict=True):
            if height * SHARES > 3 and bar_width > 2.5:
                axes.text(layer, base + height / 2, letter, **look)
        bottom += heights
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1])
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))


def _category_shares(dataset: xr.Dataset) -> pd.DataFrame:
    """Return the share of each category (column) in each layer (row)."""
    heads = dataset["category"].to_series().rename("category").reset_index()
    present = heads[heads["category"] != ""]
    shares = pd.crosstab(present["layer"], present["category"], normalize="index")
    return shares.reindex(columns=list(LETTERS), fill_value=0)


FIGURE = FigureSpec(
    name="head-distribution",
    doc="every head over layers in the three statistics with its interval, and category shares of each layer",
    variables=("category", *CATEGORY_STATISTIC.values()),
    function=head_distribution,
    has_choice=True,
)
