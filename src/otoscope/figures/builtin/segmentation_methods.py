"""Boundaries of several methods in one utterance: matched, missed and false ones, with their confidence."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, utterance_caption
from otoscope.figures.style.note import add_note, note_height, wrap
from otoscope.figures.style.page import (
    FULL_WIDTH,
    LINE_SPACING,
    add_axes_mm,
    add_legend_mm,
    name_vertical,
    new_page,
)
from otoscope.figures.style.theme import Theme
from otoscope.figures.unit_names import name_units
from otoscope.segmentation.marks import marks_of

LEFT, TOP, RIGHT, AXIS = 39.0, 22.0, 3.0, 9.0
LEGEND_TOP, LANE = 13.5, 6.5
"""Mm: top of the legend, and height of a method."""
LOWEST, HIGHEST = 0.15, 0.9
"""Heights of a boundary of no and of the highest confidence, as shares of a lane."""
BLIND = ("uniform", "random")
NOTE = (
    "height of a boundary: its confidence, over the highest of the method; full height: the method has none; grey "
    "lines: labels; strict counting; one utterance: no intervals"
)


def segmentation_methods(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the boundaries of the example from the Dataset of a segmentation."""
    width, theme = design.width(FULL_WIDTH), design.theme
    methods = [str(name) for name in dataset["segmenter"].values if name not in BLIND]
    height = LANE * len(methods)
    page = new_page(design, width, TOP + height + AXIS + note_height(NOTE, width))
    heading = f"{dataset.attrs.get('level', 'phone').capitalize()} boundaries by method"
    add_header(page, heading, utterance_caption(dataset), dataset, design)
    axes = add_axes_mm(page, LEFT, TOP, width - LEFT - RIGHT, height)
    axes.vlines(dataset["true_boundary"].values, 0, len(methods), color=theme.grid, linewidth=0.6)
    for lane, name in enumerate(methods):
        _draw_method(axes, dataset, name, lane, theme)
    names = ["\n".join(wrap(name, LEFT - 5)) for name in methods]
    axes.set_yticks(np.arange(len(methods)) + 0.5, names)
    axes.tick_params(axis="y", length=0)
    name_vertical(page, axes, "method")
    axes.set(xlim=_limits(dataset), ylim=(len(methods), 0), xlabel="time (s)")
    name_units(axes, dataset, _limits(dataset), width - LEFT - RIGHT)
    add_legend_mm(page, 2, LEGEND_TOP, _handles(theme), 3, LINE_SPACING)
    add_note(page, TOP + height + AXIS, NOTE, theme)
    return page


def _draw_method(axes: Axes, dataset: xr.Dataset, name: str, lane: int, theme: Theme) -> None:
    """Draw the boundaries of a method from the bottom of its lane upwards, and a cross at each missed label."""
    marks = marks_of(dataset, dataset.attrs["example"], name)
    times, depths, match = (marks[f"mark_{part}"].values for part in ("time", "confidence", "match"))
    largest = np.nanmax(depths, initial=0.0)
    shares = np.nan_to_num(depths / largest, nan=1.0) if largest > 0 else np.ones(len(depths))
    tops = lane + 1 - (LOWEST + (HIGHEST - LOWEST) * shares)
    for is_shown, colour in ((match >= 0, theme.categories["global"]), (match < 0, theme.categories["vertical"])):
        axes.vlines(times[is_shown], tops[is_shown], lane + 1, color=colour, linewidth=1.2)
    missed = np.delete(dataset["true_boundary"].values, match[match >= 0])
    axes.plot(missed, np.full(len(missed), lane + 0.5), "x", color=theme.muted, markersize=2.4)
    axes.axhline(lane + 1, color=theme.grid, linewidth=0.4)


def _limits(dataset: xr.Dataset) -> tuple[float, float]:
    """Return the times of the first and the last label, or of boundaries outside of them."""
    own = dataset["mark_time"].values[dataset["mark_utterance"].values == dataset.attrs["example"]]
    times = [dataset["phone_start"].values, dataset["phone_end"].values, own]
    return min(float(row.min(initial=np.inf)) for row in times), max(float(row.max(initial=0)) for row in times)


def _handles(theme: Theme) -> list[Line2D]:
    return [
        Line2D([], [], color=theme.categories["global"], linewidth=1.2, label="matched"),
        Line2D([], [], color=theme.categories["vertical"], linewidth=1.2, label="false"),
        Line2D([], [], color=theme.muted, marker="x", linestyle="", markersize=2.4, label="missed"),
    ]


FIGURE = FigureSpec(
    name="segmentation-methods",
    doc="one utterance: the boundaries of each method with their confidence, matched, missed and false",
    variables=("mark_time", "mark_confidence", "mark_match", "true_boundary", "phone_symbol"),
    function=segmentation_methods,
    kind="segmentation",
)
