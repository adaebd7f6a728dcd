"""Heads by masking span: shares of the categories, and shifts of diagonal heads."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import COLUMN, add_axes_mm, add_text_mm, new_page
from otoscope.figures.style.theme import MARKERS, Theme

LEFT, TOP, RIGHT = 24.0, 18.0, 4.0
PITCH, AXIS = 9.0, 9.5
SPREAD = 0.6  # of the height of a model's row: for its heads


def reproduction_heads(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw shares and shifts from the Dataset of a reproduction."""
    width, theme, height = design.width(COLUMN), design.theme, PITCH * dataset.sizes["model"]
    sharp = f"{100 * dataset.attrs['sharp']:.0f} %"
    note = (
        f"bars: 95 % intervals over utterances; below: a mark for each head with {sharp} of its attention at one "
        "offset, without an interval"
    )
    second = TOP + height + AXIS + 6
    page = new_page(design, width, second + height + AXIS + note_height(note, width))
    add_header(page, "Heads by masking span", str(dataset.attrs["speech"]), dataset, design)
    for index, (category, marker) in enumerate(MARKERS.items()):
        text = f"{ {'o': '●', '^': '▲', 'D': '◆'}[marker] } {category}"
        add_text_mm(page, LEFT + index * 18, TOP - 4.5, text, color=theme.categories[category])
    upper = add_axes_mm(page, LEFT, TOP, width - LEFT - RIGHT, height)
    _shares(upper, dataset, theme)
    add_text_mm(page, LEFT, second - 4, "sharp diagonal heads", weight="bold")
    lower = add_axes_mm(page, LEFT, second, width - LEFT - RIGHT, height)
    _shifts(lower, dataset, theme)
    for axes in (upper, lower):
        _name(axes, dataset)
    add_note(page, second + height + AXIS, note, theme)
    return page


def _shares(axes: Axes, dataset: xr.Dataset, theme: Theme) -> None:
    """Draw the share of each category with its interval, the categories of a model below each other."""
    for row, name in enumerate(dataset["model"].values):
        for place, (category, marker) in enumerate(MARKERS.items()):
            model, up = dataset.sel(model=name, category=category), row + 0.22 * (place - 1)
            colour, share = theme.categories[category], model["category_share"].item()
            axes.hlines(up, *model["category_share_interval"].values, color=colour, linewidth=0.8)
            axes.plot(share, up, marker, color=colour, markersize=3.2, clip_on=False)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))
    axes.set_xlabel("share of the heads (%)", labelpad=2)
    axes.grid(axis="x", color=theme.grid, linewidth=0.4)
    axes.set_axisbelow(True)


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
    axes.set_xlabel("key minus query at the peak (ms)", labelpad=2)


def _name(axes: Axes, dataset: xr.Dataset) -> None:
    titles = [str(name) for name in dataset["title"].values]
    axes.set_yticks(range(len(titles)), titles)
    axes.set_ylim(len(titles) - 0.5, -0.5)
    axes.set_ylabel("model", labelpad=2)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


FIGURE = FigureSpec(
    name="reproduction-heads",
    doc="shares of the categories, and offsets of sharp diagonal heads, for models of several masking spans",
    variables=("category_share", "category_share_interval", "shift", "masking_span"),
    function=reproduction_heads,
    kind="reproduction",
)
