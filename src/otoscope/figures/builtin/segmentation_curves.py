"""Precision and recall of phone boundaries as beta varies, for attention and its baselines."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator
from matplotlib.typing import LineStyleType

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import LineStyle, generic_style
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, interval_note, note_height
from otoscope.figures.style.page import COLUMN, MARGIN, WIDE, add_axes_mm, add_legend_mm, new_page
from otoscope.figures.style.theme import Theme
from otoscope.typing import AnyFloats

LEFT, TOP, RIGHT, AXIS = 13.0, 15.5, 4.0, 10.0
LINE = 3.7  # mm: height of a line of the legend
LARGEST = 100.0  # mm: edge of the largest axes
BELOW_DATA = 0.02  # least distance of data from the start of an axis
SUMS = {
    "MFCC, shifted": ("#6b5b00", "#e6d34a", "P"),
    "log-mel, shifted": ("#a0407c", "#e08cc0", "p"),
    "best head, shifted": ("#b3261e", "#ff8a80", "<"),
    "ensemble, shifted": ("#4a4fb5", "#a7aaff", "h"),
    "heads, weighted": ("#007f86", "#4dd0d8", "*"),
    "heads and states, weighted": ("#7a4a1e", "#d9a066", "D"),
    "heads and log-mel, weighted": ("#1b9e3e", "#7ee08f", "X"),
}
"""Colours on the light and on the dark theme, and the marker, of methods that sum scores."""


def segmentation_curves(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw strict precision over recall from the Dataset of a segmentation."""
    width, theme, n_segmenters = design.width(COLUMN), design.theme, dataset.sizes["segmenter"]
    side = min(width - LEFT - RIGHT, LARGEST)
    tolerance = f"{1000 * dataset.attrs['tolerance']:g} ms"
    note = (
        f"a boundary is correct within {tolerance}, and once; marker: threshold beta as tuned; line: other beta that "
        f"no beta exceeds in both; {interval_note(dataset, 'scores')}"
    )
    columns = 2 if width < WIDE else 1
    legend = (MARGIN, TOP + side + AXIS) if columns == 2 else (LEFT + side + 6, TOP)
    bottom = TOP + side + AXIS + (LINE * -(-n_segmenters // 2) + 1 if columns == 2 else 0)
    page = new_page(design, width, bottom + note_height(note, width))
    add_header(page, "Precision and recall of boundaries", corpus_caption(dataset), dataset, design)
    axes = add_axes_mm(page, LEFT, TOP, side, side)
    segmenters = [dataset.isel(segmenter=index).sel(mode="strict") for index in range(n_segmenters)]
    for segmenter in segmenters:
        _draw(axes, segmenter, theme)
    _format_axes(axes, theme)
    handles = [_legend_entry(segmenter, theme) for segmenter in segmenters]
    add_legend_mm(page, *legend, handles, columns, {"labelspacing": 0.3})
    add_note(page, bottom, note, theme)
    return page


def best_points(recall: AnyFloats, precision: AnyFloats) -> tuple[AnyFloats, AnyFloats]:
    """Return the points that no other point exceeds in both recall and precision, by rising recall (Pareto front).

    The points of a detector as its threshold varies can return to a lower recall with a lower precision.

    >>> recall, precision = best_points(np.array([0.2, 0.6, 0.4]), np.array([0.5, 0.8, 0.9]))
    >>> recall.tolist(), precision.tolist()
    ([0.4, 0.6], [0.9, 0.8])
    """
    order = np.argsort(recall, kind="stable")
    highest = np.maximum.accumulate(precision[order][::-1])[::-1]
    best = np.flatnonzero(precision[order] == highest)
    return recall[order][best], highest[best]


def _style(method: str, theme: Theme) -> LineStyle:
    """Return the style of a method, the same for both models; curves of the other model are dashed."""
    styles = {
        "MFCC": LineStyle(theme.foreground, "s"),
        "log-mel": LineStyle(theme.muted, "d"),
        "representation": LineStyle(theme.categories["diagonal"], "v"),
        "best head": LineStyle(theme.categories["vertical"], "^"),
        "ensemble": LineStyle(theme.categories["global"], "o"),
        "uniform": LineStyle(theme.muted, "+", 0),
        "random": LineStyle(theme.muted, "x", 0),
    }
    if method in SUMS:
        light, dark, marker = SUMS[method]
        return LineStyle(dark if theme.name == "dark" else light, marker)
    return styles.get(method) or generic_style(method, theme)


def _line_style(segmenter: xr.Dataset) -> LineStyleType:
    return (0, (4, 2)) if segmenter["is_against"].item() else "solid"


def _legend_entry(segmenter: xr.Dataset, theme: Theme) -> Line2D:
    handle = _style(str(segmenter["method"].item()), theme).handle(str(segmenter["segmenter"].item()))
    handle.set_linestyle(_line_style(segmenter))
    return handle


def _draw(axes: Axes, segmenter: xr.Dataset, theme: Theme) -> None:
    """Draw the curve of one segmenter, and a marker with its intervals at its tuned point."""
    style, curve = _style(str(segmenter["method"].item()), theme), segmenter["curve"].dropna("curve_beta")
    points = best_points(*(curve.sel(measure=name).values for name in ("recall", "precision")))
    axes.plot(*points, color=style.colour, linewidth=style.width, linestyle=_line_style(segmenter))
    recall, precision = (segmenter["scores"].sel(measure=name).item() for name in ("recall", "precision"))
    across, up = (segmenter["scores_interval"].sel(measure=name).values for name in ("recall", "precision"))
    axes.hlines(precision, *across, color=style.colour, linewidth=0.6)
    axes.vlines(recall, *up, color=style.colour, linewidth=0.6)
    axes.plot(recall, precision, style.marker, color=style.colour, markersize=4.5)


def _format_axes(axes: Axes, theme: Theme) -> None:
    """Show all data on axes with the same start, which end at 1."""
    lowest = float(np.nanmin([axes.dataLim.x0, axes.dataLim.y0]))
    start = max(0.0, float(np.floor(10 * (lowest - BELOW_DATA))) / 10)
    axes.set(xlim=(start, 1), ylim=(start, 1))
    axes.set_xlabel("recall", labelpad=2)
    axes.set_ylabel("precision", labelpad=2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MultipleLocator(0.1 if start > 0.15 else 0.2))
    axes.grid(color=theme.grid, linewidth=0.4)
    axes.set_axisbelow(True)


FIGURE = FigureSpec(
    name="segmentation-curves",
    doc="best strict precision and recall of phone boundaries as beta varies, each method at its tuned point",
    variables=("curve", "scores", "scores_interval", "method", "is_against"),
    function=segmentation_curves,
    kind="segmentation",
)
