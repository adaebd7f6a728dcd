"""The differences of a comparison with their intervals: a panel for each quantity, a row for each head or score."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from otoscope.comparison.table import LEVEL
from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header_lines
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import (
    FULL_HEIGHT,
    FULL_WIDTH,
    add_axes_mm,
    add_text_mm,
    ellipsize,
    name_vertical,
    new_page,
    text_width,
)
from otoscope.figures.style.theme import TEXT_PT, Theme

RIGHT, TOP, TITLE, AXIS, ROW = 3.0, 13.0, 5.0, 8.0, 3.6
"""Mm: edges of the axes, height of the title of a panel, of the axis below it, and of a row."""
NAMES_LEFT = 9.0
"""Mm between the edge of the page and the names of rows."""


def differences(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the differences; where not all rows fit the page, those with the lowest p."""
    width, theme = design.width(FULL_WIDTH), design.theme
    below = note_height(_note(dataset, dataset.sizes["row"]), width)
    shown = _fitting(dataset, FULL_HEIGHT - TOP - below)
    note = _note(dataset, dataset.sizes["row"] - shown.sizes["row"])
    quantities = shown["quantity"].values
    panels = [(name, shown.isel(row=np.flatnonzero(quantities == name))) for name in dict.fromkeys(quantities)]
    left = min(width / 2, NAMES_LEFT + max(text_width(str(name), TEXT_PT) for name in shown["name"].values))
    bottom = TOP + len(panels) * (TITLE + AXIS) + shown.sizes["row"] * ROW
    page = new_page(design, width, bottom + note_height(note, width))
    add_header_lines(page, "Differences, a - b", _sides(dataset), design)
    top = TOP
    for name, rows in panels:
        height = rows.sizes["row"] * ROW
        add_text_mm(page, left, top + 1, ellipsize(str(name), TEXT_PT, width - left - RIGHT, "bold"), weight="bold")
        axes = add_axes_mm(page, left, top + TITLE, width - left - RIGHT, height)
        _draw(axes, rows, left - NAMES_LEFT, theme)
        name_vertical(page, axes, dataset.attrs["rows"])
        top += TITLE + height + AXIS
    add_note(page, bottom, note, theme)
    return page


def _sides(dataset: xr.Dataset) -> tuple[str, str]:
    synthetic = " · synthetic speech" if dataset.attrs["synthetic"] else ""
    return f"a: {dataset.attrs['model']}", f"b: {dataset.attrs['other']}{synthetic}"


def _fitting(dataset: xr.Dataset, height: float) -> xr.Dataset:
    """Return the rows that fit into a height in mm, in their order: of too many, those with the lowest p."""
    panels = len(np.unique(dataset["quantity"].values))
    count = max(1, int((height - panels * (TITLE + AXIS)) / ROW))
    lowest = np.argsort(dataset["p_adjusted"].fillna(1).values, kind="stable")[:count]
    return dataset.isel(row=np.sort(lowest))


def _note(dataset: xr.Dataset, omitted: int) -> str:
    more = f"; {omitted} rows with a higher p are not drawn" if omitted else ""
    bars = "bars: 95 % intervals of each difference alone" if dataset["interval"].notnull().any() else "no intervals"
    return f"{bars}; {dataset.attrs['pairing']}; filled: corrected p below {LEVEL:g}{more}"


def _draw(axes: Axes, rows: xr.Dataset, names_width: float, theme: Theme) -> None:
    places = np.arange(rows.sizes["row"])
    axes.axvline(0, color=theme.muted, linewidth=0.6)
    axes.hlines(places, *rows["interval"].values.T, color=theme.foreground, linewidth=0.8)
    for is_filled in (False, True):
        own = (rows["p_adjusted"].values < LEVEL) == is_filled
        face = theme.foreground if is_filled else theme.surface
        axes.plot(
            rows["difference"].values[own],
            places[own],
            "o",
            color=theme.foreground,
            markerfacecolor=face,
            markersize=3,
            markeredgewidth=0.7,
        )
    axes.set_yticks(places, [ellipsize(str(name), TEXT_PT, names_width) for name in rows["name"].values])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_xlabel(f"a - b ({rows['quantity'].values[0]})", labelpad=1)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="x", color=theme.grid, linewidth=0.4)
    axes.set_axisbelow(True)


FIGURE = FigureSpec(
    name="differences",
    doc="the differences of a comparison with their intervals, of otoscope compare",
    variables=("difference", "interval", "p_adjusted", "quantity", "name"),
    function=differences,
    kind="comparison",
)
