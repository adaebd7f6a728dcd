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
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.page import COLUMN, add_axes_mm, add_legend_mm, add_text_mm, new_page
from otoscope.figures.style.theme import Theme

LEFT, TOP, SIDE = 12.0, 20.0, 72.0
KEY_TOP, LINE = TOP + SIDE + 9, 3.7
HIGHEST_START = 0.3  # precision and recall at which the axes start, unless a marker is lower


def segmentation_curves(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw strict precision over recall from the Dataset of a segmentation."""
    n_segmenters = dataset.sizes["segmenter"]
    figure = new_page(COLUMN, KEY_TOP + LINE * (-(-n_segmenters // 2)) + 3)
    add_header(figure, "Precision and recall of boundaries", corpus_caption(dataset), dataset, theme, COLUMN)
    heading = f"strict, within {1000 * dataset.attrs['tolerance']:g} ms; markers: as tuned"
    add_text_mm(figure, LEFT, TOP - 4, heading, weight="bold")
    axes = add_axes_mm(figure, LEFT, TOP, SIDE, SIDE)
    segmenters = [dataset.isel(segmenter=index).sel(mode="strict") for index in range(n_segmenters)]
    for segmenter in segmenters:
        _draw_curve(axes, segmenter, theme)
    _format_axes(axes, _axis_start(dataset), theme)
    add_legend_mm(
        figure, LEFT, KEY_TOP, [_legend_entry(segmenter, theme) for segmenter in segmenters], 2, labelspacing=0.3
    )
    return figure


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
    return styles.get(method) or generic_style(method, theme)


def _line_style(segmenter: xr.Dataset) -> LineStyleType:
    return (0, (4, 2)) if segmenter["is_against"].item() else "solid"


def _legend_entry(segmenter: xr.Dataset, theme: Theme) -> Line2D:
    handle = _style(str(segmenter["method"].item()), theme).handle(str(segmenter["segmenter"].item()))
    handle.set_linestyle(_line_style(segmenter))
    return handle


def _draw_curve(axes: Axes, segmenter: xr.Dataset, theme: Theme) -> None:
    """Draw the curve of one segmenter, and a marker at its tuned point."""
    style, curve = _style(str(segmenter["method"].item()), theme), segmenter["curve"].sortby("curve_beta")
    curve = curve.dropna("curve_beta")
    axes.plot(
        curve.sel(measure="recall"),
        curve.sel(measure="precision"),
        color=style.colour,
        linewidth=style.width,
        linestyle=_line_style(segmenter),
    )
    recall, precision = (segmenter["scores"].sel(measure=name).item() for name in ("recall", "precision"))
    axes.plot(recall, precision, style.marker, color=style.colour, markersize=5)


def _axis_start(dataset: xr.Dataset) -> float:
    """Return the start of both axes, below every marker."""
    markers = dataset["scores"].sel(mode="strict", measure=["precision", "recall"])
    return max(0.0, min(HIGHEST_START, float(np.floor(10 * np.nanmin(markers) - 0.2)) / 10))


def _format_axes(axes: Axes, start: float, theme: Theme) -> None:
    axes.set(xlim=(start, 1), ylim=(start, 1))
    axes.set_xlabel("recall", labelpad=2)
    axes.set_ylabel("precision", labelpad=2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MultipleLocator(0.1))
    axes.grid(color=theme.grid, linewidth=0.4)
    axes.set_axisbelow(True)


FIGURE = FigureSpec(
    name="segmentation-curves",
    doc="strict precision over recall of phone boundaries as beta varies, each method at its tuned point",
    variables=("curve", "scores", "method", "is_against"),
    function=segmentation_curves,
    kind="segmentation",
)
