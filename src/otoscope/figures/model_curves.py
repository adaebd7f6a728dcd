"""A panel for each probe and corpus, with a curve for each model of a reproduction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from otoscope.figures.style.curve_style import LineStyle, curve_note, curve_title, format_score_axis
from otoscope.figures.style.header import MARGIN, add_header
from otoscope.figures.style.model_style import add_model_legend, model_styles
from otoscope.figures.style.page import FULL_HEIGHT, FULL_WIDTH, add_axes_mm, add_text_mm, ellipsize, new_page
from otoscope.figures.style.theme import TEXT_PT, Theme

LEFT, TOP, WIDTH, BETWEEN = 14.0, 27.0, 75.0, 12.0
PITCH, BELOW, FOOT = 37.0, 11.0, 9.0  # room of a panel, of which below it, and under all
BANDS = "95 % over seeds of the probes and utterances"


@dataclass(frozen=True)
class CurveSpec:
    """Variable of the curves, what their steps are and how they are labelled, and the name of the axis."""

    variable: str
    steps: NDArray[np.number]
    labels: Sequence[str]
    along: str


def draw_model_curves(dataset: xr.Dataset, theme: Theme, heading: str, curves: CurveSpec) -> Figure:
    """Two panels side by side, one for each judge."""
    n_rows = -(-dataset.sizes["judge"] // 2)
    pitch = min(PITCH, (FULL_HEIGHT - TOP - FOOT) / n_rows)
    figure = new_page(FULL_WIDTH, TOP + n_rows * pitch + FOOT)
    add_header(figure, heading, "speech as each panel says", dataset, theme, LEFT + 2 * WIDTH)
    looks = model_styles(dataset, theme)
    add_model_legend(figure, _with_curves(dataset, looks, curves.variable), dataset, 15.0, LEFT)
    for at in range(dataset.sizes["judge"]):
        one, left, top = dataset.isel(judge=at), LEFT + at % 2 * (WIDTH + BETWEEN), TOP + at // 2 * pitch
        axes = add_axes_mm(figure, left, top, WIDTH, pitch - BELOW)
        _panel(axes, one, looks, curves, theme)
        add_text_mm(figure, left, top - 4, ellipsize(curve_title(one, "judge"), TEXT_PT, WIDTH, "bold"), weight="bold")
        if at >= dataset.sizes["judge"] - 2:
            axes.set_xlabel(curves.along, labelpad=2)
    add_text_mm(figure, MARGIN, TOP + n_rows * pitch + 4, curve_note(BANDS, dataset), color=theme.muted)
    return figure


def _with_curves(dataset: xr.Dataset, looks: dict[str, LineStyle], variable: str) -> dict[str, LineStyle]:
    known = dataset[variable].notnull().any([dim for dim in dataset[variable].dims if dim != "model"])
    return {name: look for name, look in looks.items() if known.sel(model=name).item()}


def _panel(axes: Axes, one: xr.Dataset, looks: dict[str, LineStyle], curves: CurveSpec, theme: Theme) -> None:
    at = np.arange(len(curves.steps))
    for name, look in _with_curves(one, looks, curves.variable).items():
        score = one[curves.variable].sel(model=name).values
        low, high = one[f"{curves.variable}_interval"].sel(model=name).values.T
        first = np.flatnonzero(curves.steps == one[f"{curves.variable}_drop"].sel(model=name).item())
        axes.fill_between(at, low, high, color=look.colour, alpha=0.12, linewidth=0)
        axes.plot(at, score, color=look.colour, marker=look.marker, linewidth=0.9, markersize=2.6, markeredgewidth=0)
        axes.plot(at[first], score[first], "o", color=look.colour, fillstyle="none", markersize=6, markeredgewidth=0.7)
    format_score_axis(axes, one, theme)
    axes.set_xticks(at, curves.labels)
