"""Strict R-values of phone boundaries for models of several masking spans, with the published values."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header
from otoscope.figures.style.model_style import add_model_legend, model_styles
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import COLUMN, MARGIN, add_axes_mm, new_page
from otoscope.figures.style.theme import Theme

LEFT, TOP, RIGHT, ROW, AXIS = 26.0, 17.5, 3.0, 4.0, 9.0  # mm; a row for each model within each method
SPECTRAL = ("MFCC", "log-mel", "uniform", "random")  # independent of the model
NOTE = "bars: 95 % intervals over test utterances; ◇ published, without an interval"


def reproduction_boundaries(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the R-values of every method from the Dataset of a reproduction."""
    width, theme = design.width(COLUMN), design.theme
    methods = [str(name) for name in dataset["segmenter"].values]
    rows = [(method, name) for method in methods for name in _models(dataset, method)]
    height = ROW * (len(rows) + len(methods))
    page = new_page(design, width, TOP + height + AXIS + note_height(NOTE, width))
    add_header(page, "Phone boundaries", str(dataset.attrs["speech_segmented"]), dataset, design)
    add_model_legend(page, model_styles(dataset, theme), dataset, 13.5, MARGIN)
    axes = add_axes_mm(page, LEFT, TOP, width - LEFT - RIGHT, height)
    middle = _rows(axes, dataset, methods, theme)
    axes.set(ylim=(height, 0), yticks=list(middle.values()))
    axes.set_yticklabels(list(middle))
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("strict R-value (1: perfect)", labelpad=2)
    axes.set_ylabel("method", labelpad=2)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=theme.grid, linewidth=0.4)
    axes.set_axisbelow(True)
    add_note(page, TOP + height + AXIS, NOTE, theme)
    return page


def _models(dataset: xr.Dataset, method: str) -> list[str]:
    """Return the models whose value is shown; only the first if the method needs no model."""
    defined = dataset["r_value"].sel(segmenter=method, mode="strict").dropna("model")["model"].values
    return [str(name) for name in defined][: 1 if method in SPECTRAL else None]


def _rows(axes: Axes, dataset: xr.Dataset, methods: list[str], theme: Theme) -> dict[str, float]:
    """Draw one marker with its interval for each method and model; return the centre of each method, in mm."""
    styles, middle, top = model_styles(dataset, theme), {}, ROW
    for method in methods:
        names = _models(dataset, method)
        for index, name in enumerate(names):
            selected = dataset.sel(model=name, segmenter=method)
            colour = theme.muted if method in SPECTRAL else styles[name].colour
            across, value = top + index * ROW, selected["r_value"].sel(mode="strict").item()
            axes.hlines(across, *selected["r_value_interval"].sel(mode="strict").values, color=colour, linewidth=0.9)
            axes.plot(value, across, "s" if method in SPECTRAL else styles[name].marker, color=colour, markersize=3.6)
            published = selected["r_value_published"].item()
            if not np.isnan(published):
                axes.plot(published, across, "D", color=theme.foreground, fillstyle="none", markersize=4)
        middle[method] = top + (len(names) - 1) * ROW / 2
        top += (len(names) + 1) * ROW
    return middle


FIGURE = FigureSpec(
    name="reproduction-boundaries",
    doc="strict R-value of every method for models of several masking spans, with intervals and what was published",
    variables=("r_value", "r_value_interval", "r_value_published", "masking_span"),
    function=reproduction_boundaries,
    kind="reproduction",
)
