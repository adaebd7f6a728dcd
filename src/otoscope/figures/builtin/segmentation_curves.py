"""Precision and recall of phone boundaries as beta varies, for attention and for what it is compared with."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator
from matplotlib.typing import LineStyleType as LineStyle

from otoscope.figures.figure_spec import Drawing
from otoscope.figures.style.curve_style import Stroke
from otoscope.figures.style.header import of_corpus, title
from otoscope.figures.style.page import COLUMN, key, page, place, write
from otoscope.figures.style.theme import Theme

LEFT, TOP, SIDE = 12.0, 20.0, 72.0
KEY_TOP, LINE = TOP + SIDE + 9, 3.7
AGAINST = " (against)"
LOWEST = 0.3  # precision and recall that are shown


def segmentation_curves(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw strict precision over recall from the Dataset of a segmentation."""
    names = [str(name) for name in dataset["segmenter"].values]
    figure = page(COLUMN, KEY_TOP + LINE * (-(-len(names) // 2)) + 3)
    title(figure, "Precision and recall of boundaries", of_corpus(dataset), dataset, theme, COLUMN)
    heading = f"strict, within {1000 * dataset.attrs['tolerance']:g} ms; markers: as tuned"
    write(figure, LEFT, TOP - 4, heading, weight="bold")
    axes = place(figure, LEFT, TOP, SIDE, SIDE)
    for name in names:
        _curve(axes, dataset.sel(segmenter=name, mode="strict"), _stroke(name, theme), _dashes(name))
    _frame(axes, theme)
    key(figure, LEFT, KEY_TOP, [_handle(name, theme) for name in names], 2, labelspacing=0.3)
    return figure


def _stroke(name: str, theme: Theme) -> Stroke:
    """The same for a method of either model; curves of the other model are dashed."""
    strokes = {
        "MFCC": Stroke(theme.ink, "s"),
        "log-mel": Stroke(theme.quiet, "d"),
        "representation": Stroke(theme.categories["diagonal"], "v"),
        "best head": Stroke(theme.categories["vertical"], "^"),
        "ensemble": Stroke(theme.categories["global"], "o"),
        "uniform": Stroke(theme.quiet, "+", 0),
        "random": Stroke(theme.quiet, "x", 0),
    }
    return strokes[name.removesuffix(AGAINST)]


def _dashes(name: str) -> LineStyle:
    return (0, (4, 2)) if name.endswith(AGAINST) else "solid"


def _handle(name: str, theme: Theme) -> Line2D:
    handle = _stroke(name, theme).handle(name)
    handle.set_linestyle(_dashes(name))
    return handle


def _curve(axes: Axes, one: xr.Dataset, stroke: Stroke, dashes: LineStyle) -> None:
    curve = one["curve"].sortby("curve_beta").dropna("curve_beta")
    axes.plot(
        curve.sel(measure="recall"),
        curve.sel(measure="precision"),
        color=stroke.colour,
        linewidth=stroke.width,
        linestyle=dashes,
    )
    recall, precision = (one["scores"].sel(measure=name).item() for name in ("recall", "precision"))
    axes.plot(recall, precision, stroke.marker, color=stroke.colour, markersize=5)


def _frame(axes: Axes, theme: Theme) -> None:
    axes.set(xlim=(LOWEST, 1), ylim=(LOWEST, 1))
    axes.set_xlabel("recall", labelpad=2)
    axes.set_ylabel("precision", labelpad=2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MultipleLocator(0.1))
    axes.grid(color=theme.line, linewidth=0.4)
    axes.set_axisbelow(True)


FIGURE = Drawing(
    name="segmentation-curves",
    doc="strict precision over recall of phone boundaries as beta varies, each method at its tuned point",
    variables=("curve", "scores"),
    function=segmentation_curves,
    kind="segmentation",
)
