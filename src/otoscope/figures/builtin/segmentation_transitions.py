"""Which transitions between phone classes attention and MFCC find, and their false boundaries, with intervals."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import LineStyle
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, interval_note, note_height
from otoscope.figures.style.page import (
    FULL_HEIGHT,
    FULL_WIDTH,
    LINE_SPACING,
    add_axes_mm,
    add_legend_mm,
    name_vertical,
    new_page,
)
from otoscope.figures.style.theme import Theme
from otoscope.segmentation.transition_table import MIN_REFERENCES, frequent_transitions

LEFT, TOP, RIGHT, AXIS, GAP = 41.0, 20.0, 3.0, 9.0, 4.0
LEGEND_TOP, ROW = 14.0, 5.0
"""Mm: top of the legend, and height of a transition."""
SPREAD = 0.25
"""Distance of two methods in a row, as a share of its height."""
AXES_TITLES = {"found": "found (share)", "false": "false (rate)"}


def segmentation_transitions(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the shares and rates of each transition from the Dataset of a segmentation."""
    width, theme, note = design.width(FULL_WIDTH), design.theme, _note(dataset)
    below = AXIS + note_height(note, width)
    shown = frequent_transitions(dataset)
    rows = min(shown.sizes["transition"], int((FULL_HEIGHT - TOP - below) / ROW))
    shown = shown.isel(transition=slice(rows))
    bottom = TOP + max(rows, 1) * ROW
    page = new_page(design, width, bottom + below)
    add_header(page, "Boundaries by transition", corpus_caption(dataset), dataset, design)
    styles = _styles(theme)[: shown.sizes["segmenter"]]
    names = [str(name) for name in shown["segmenter"].values]
    handles = [style.handle(name) for style, name in zip(styles, names, strict=True)]
    add_legend_mm(page, 2, LEGEND_TOP, handles, len(handles), LINE_SPACING)
    side = (width - LEFT - RIGHT - GAP) / 2
    for place, measure in enumerate(AXES_TITLES):
        axes = add_axes_mm(page, LEFT + place * (side + GAP), TOP, side, bottom - TOP)
        _draw(axes, shown.sel(transition_measure=measure), styles)
        _format(axes, shown, place == 0, theme)
        axes.set_xlabel(AXES_TITLES[measure], labelpad=2)
        if place == 0:
            name_vertical(page, axes, "transition (boundaries)")
    add_note(page, bottom + AXIS, note, theme)
    return page


def _note(dataset: xr.Dataset) -> str:
    return (
        f"transitions of at least {MIN_REFERENCES} boundaries (the number), ordered by what the last method finds "
        f"beyond MFCC; false: unmatched boundaries, for each label; {interval_note(dataset, 'transition_scores')}; "
        "without a bar: no interval"
    )


def _styles(theme: Theme) -> list[LineStyle]:
    """Return the styles of MFCC, the best head and the ensemble, those of the other figures of a segmentation."""
    colours = theme.foreground, theme.categories["vertical"], theme.categories["global"]
    return [LineStyle(colour, marker, 0) for colour, marker in zip(colours, "s^o", strict=True)]


def _draw(axes: Axes, shown: xr.Dataset, styles: list[LineStyle]) -> None:
    """Draw a marker with its interval for each transition and method."""
    for place, style in enumerate(styles):
        method = shown.isel(segmenter=place)
        height = np.arange(shown.sizes["transition"]) + SPREAD * (place - (len(styles) - 1) / 2)
        axes.hlines(height, *method["transition_scores_interval"].values.T, color=style.colour, linewidth=0.6)
        axes.plot(method["transition_scores"].values, height, style.marker, color=style.colour, markersize=2.6)


def _format(axes: Axes, shown: xr.Dataset, has_names: bool, theme: Theme) -> None:
    counts = shown["transition_counts"].sel(transition_count="reference").isel(segmenter=0)
    names = [f"{name} {count}" for name, count in zip(shown["transition"].values, counts.values, strict=True)]
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0, labelleft=has_names)
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlim(left=0)
    axes.grid(axis="x", color=theme.grid, linewidth=0.4)
    axes.set_axisbelow(True)
    for row in range(1, len(names)):
        axes.axhline(row - 0.5, color=theme.grid, linewidth=0.3)


FIGURE = FigureSpec(
    name="segmentation-transitions",
    doc="share of boundaries found and false boundaries by the classes of the phones on both sides, attention and MFCC",
    variables=("transition_counts", "transition_scores", "transition_scores_interval", "transition_gain"),
    function=segmentation_transitions,
    kind="segmentation",
    on_request=True,
)
