"""How heads form over the steps of a training: statistics of each head, and numbers of heads by shape."""

from pathlib import PurePath
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, MARGIN, WIDE, add_legend_mm, new_page
from otoscope.figures.style.panels import LEFT, make_panels
from otoscope.figures.style.theme import Theme
from otoscope.results.shapes import SHAPES

TOP, LEGEND = 13.0, 4.0
STATISTICS = ("normalised_entropy", "verticality", "diagonality")
STYLES = ("-", "--", "-.", ":", (0, (6, 1.5, 1, 1.5, 1, 1.5)), (0, (1, 3)))
NOTE = (
    "a line for each head in the colour of its category at the last step; last panel: numbers of heads, so without "
    "intervals; the run has the intervals of all statistics"
)
SPACING = {"columnspacing": 1.2, "handlelength": 2.0, "handletextpad": 0.4}


def dynamics(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the steps from the Dataset of a run of dynamics."""
    width, theme = design.width(FULL_WIDTH), design.theme
    shapes = [_line(shape, style, theme) for shape, style in zip(SHAPES, STYLES, strict=True)]
    below = 2 * LEGEND + note_height(NOTE, width)
    panels = make_panels(len(STATISTICS) + 1, width, TOP + LEGEND, below)
    page = new_page(design, width, panels.bottom + below)
    speech = f"{PurePath(dataset.attrs['corpus']).name}, {dataset.attrs['clusters']}"
    add_header(page, "How heads form", speech, dataset, design)
    handles = [Line2D([], [], color=colour, label=category) for category, colour in theme.categories.items()]
    add_legend_mm(page, LEFT, TOP + 0.5, handles, len(handles), SPACING)
    for index, name in enumerate((*STATISTICS, "shape")):
        axes = panels.add(page, index, name.replace("_", " ") if index < len(STATISTICS) else "heads by shape")
        if index < len(STATISTICS):
            _heads(axes, dataset, name, theme)
            units = dataset[name].attrs["units"]
            panels.name(page, axes, index, name.replace("_", " ") + ("" if units == "1" else f" ({units})"))
        else:
            _shapes(axes, dataset, theme)
            panels.name(page, axes, index, "number of heads")
        if panels.is_lowest(index):
            axes.set_xlabel("training step")
    add_legend_mm(page, MARGIN, panels.bottom, shapes, 6 if width >= WIDE else 3, SPACING)
    add_note(page, panels.bottom + 2 * LEGEND, NOTE, theme)
    return page


def _heads(axes: Axes, dataset: xr.Dataset, name: str, theme: Theme) -> None:
    last = dataset["category"].isel(step=-1).values
    for layer, head in np.argwhere(last != ""):
        values = dataset[name].values[:, layer, head]
        axes.plot(dataset["step"].values, values, color=theme.categories[last[layer, head]], linewidth=0.7, alpha=0.8)


def _shapes(axes: Axes, dataset: xr.Dataset, theme: Theme) -> None:
    """Draw the number of heads of each shape that occurs."""
    for shape, style in zip(SHAPES, STYLES, strict=True):
        counts = (dataset["shape"].values == shape).sum((1, 2))
        if counts.any():
            axes.plot(dataset["step"].values, counts, color=theme.foreground, linestyle=style, linewidth=1)
    axes.set_ylim(0, None)


def _line(shape: str, style: Any, theme: Theme) -> Line2D:
    return Line2D([], [], color=theme.foreground, linestyle=style, linewidth=1, label=shape)


FIGURE = FigureSpec(
    name="dynamics",
    doc="statistics of each head, and numbers of heads by shape, over the steps of a training",
    variables=(*STATISTICS, "category", "shape"),
    function=dynamics,
    kind="dynamics",
)
