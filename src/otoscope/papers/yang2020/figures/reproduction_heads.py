"""Heads by masking span: shares of the categories, and shifts of diagonal heads."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.header import MARGIN, add_header
from otoscope.figures.style.page import COLUMN, add_axes_mm, add_text_mm, new_page
from otoscope.figures.style.theme import LETTERS, Theme

LEFT, TOP, WIDTH = 20.0, 20.0, 64.0
BAR, PITCH, BETWEEN = 5.0, 8.0, 14.0
SPREAD = 0.6  # of the height of a model's row: for its heads


def reproduction_heads(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw shares and shifts from the Dataset of a reproduction."""
    height = PITCH * dataset.sizes["model"]
    figure = new_page(COLUMN, TOP + 2 * height + BETWEEN + 17)
    add_header(figure, "Heads by masking span", str(dataset.attrs["speech"]), dataset, theme, COLUMN)
    add_text_mm(figure, LEFT, TOP - 4.5, "share of the heads", weight="bold")
    upper = add_axes_mm(figure, LEFT, TOP, WIDTH, height)
    _shares(upper, dataset, theme)
    add_text_mm(figure, LEFT, TOP + height + BETWEEN - 4.5, "peak of sharp diagonal heads (ms)", weight="bold")
    lower = add_axes_mm(figure, LEFT, TOP + height + BETWEEN, WIDTH, height)
    _shifts(lower, dataset, theme)
    for axes in (upper, lower):
        _name(axes, dataset)
    note = f"a mark for each head with {100 * dataset.attrs['sharp']:.0f} % of its attention at one offset"
    add_text_mm(figure, MARGIN, TOP + 2 * height + BETWEEN + 9, note, color=theme.muted)
    return figure


def _shares(axes: Axes, dataset: xr.Dataset, theme: Theme) -> None:
    """Draw stacked bars."""
    for row, name in enumerate(dataset["model"].values):
        model, left = dataset.sel(model=name), 0.0
        for category, letter in LETTERS.items():
            share = model["category_share"].sel(category=category).item()
            colour = theme.categories[category]
            axes.barh(row, share, BAR / PITCH, left, color=colour, edgecolor=theme.surface, linewidth=0.5)
            if share * WIDTH > 5:
                centre = (left + share / 2, row)
                axes.text(*centre, letter, ha="center", va="center_baseline", color=theme.surface, weight="bold")
            left += share
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _shifts(axes: Axes, dataset: xr.Dataset, theme: Theme) -> None:
    """Draw a mark for each sharp diagonal head at the offset of its peak, marks of one offset next to each other."""
    axes.axvline(0, color=theme.grid, linewidth=0.8, zorder=0)
    for row, name in enumerate(dataset["model"].values):
        shift = np.sort(dataset["shift"].sel(model=name).values, axis=None)
        sharp = shift[~np.isnan(shift)]
        _, counts = np.unique(sharp, return_counts=True)
        places = [offset for count in counts for offset in np.linspace(-0.5, 0.5, count + 2)[1:-1]]
        across = row + SPREAD * np.array(places)
        axes.plot(sharp, across, "D", color=theme.categories["diagonal"], markersize=2.4, markeredgewidth=0)
    most = float(np.nanmax(np.abs(dataset["shift"].values), initial=0))
    axes.set_xlim(-1.15 * most - 10, 1.15 * most + 10)


def _name(axes: Axes, dataset: xr.Dataset) -> None:
    titles = [str(name) for name in dataset["title"].values]
    axes.set_yticks(range(len(titles)), titles)
    axes.set_ylim(len(titles) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


FIGURE = FigureSpec(
    name="reproduction-heads",
    doc="shares of the categories, and offsets of sharp diagonal heads, for models of several masking spans",
    variables=("category_share", "shift", "masking_span"),
    function=reproduction_heads,
    kind="reproduction",
)
