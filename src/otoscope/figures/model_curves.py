"""One panel for each probe and corpus, with a curve for each model of a reproduction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.style.curve_style import LineStyle, curve_note, curve_title, format_score_axis
from otoscope.figures.style.header import MARGIN, add_header
from otoscope.figures.style.model_style import add_model_legend, model_styles
from otoscope.figures.style.page import FULL_HEIGHT, FULL_WIDTH, add_axes_mm, add_text_mm, ellipsize, new_page
from otoscope.figures.style.theme import TEXT_PT, Theme
from otoscope.typing import Array

LEFT, TOP, WIDTH, BETWEEN = 14.0, 27.0, 75.0, 12.0  # mm
PITCH, BELOW, FOOT = 37.0, 11.0, 9.0  # mm: height of a panel, of which below its axes; height below all panels
BANDS = "95 % over seeds of the probes and utterances"


@dataclass(frozen=True)
class CurveSpec:
    """What the curves show.

    Attributes:
        variable: name of the variable of the curves.
        steps: value of each step, `[step]`.
        labels: label of each step.
        axis_label: label of the horizontal axis.
    """

    variable: str
    steps: Array
    labels: Sequence[str]
    axis_label: str


def draw_model_curves(dataset: xr.Dataset, theme: Theme, heading: str, curves: CurveSpec) -> Figure:
    """Draw the panels in two columns, one panel for each probe and corpus."""
    n_panels = dataset.sizes["probe_corpus"]
    n_rows = -(-n_panels // 2)
    pitch = min(PITCH, (FULL_HEIGHT - TOP - FOOT) / n_rows)
    figure = new_page(FULL_WIDTH, TOP + n_rows * pitch + FOOT)
    add_header(figure, heading, "speech as each panel says", dataset, theme, LEFT + 2 * WIDTH)
    styles = model_styles(dataset, theme)
    add_model_legend(figure, _with_curves(dataset, styles, curves.variable), dataset, 15.0, LEFT)
    for index in range(n_panels):
        panel, left = dataset.isel(probe_corpus=index), LEFT + index % 2 * (WIDTH + BETWEEN)
        top = TOP + index // 2 * pitch
        axes = add_axes_mm(figure, left, top, WIDTH, pitch - BELOW)
        _draw_panel(axes, panel, styles, curves, theme)
        title = ellipsize(curve_title(panel, "probe_corpus"), TEXT_PT, WIDTH, "bold")
        add_text_mm(figure, left, top - 4, title, weight="bold")
        if index >= n_panels - 2:
            axes.set_xlabel(curves.axis_label, labelpad=2)
    add_text_mm(figure, MARGIN, TOP + n_rows * pitch + 4, curve_note(BANDS, dataset), color=theme.muted)
    return figure


def _with_curves(dataset: xr.Dataset, styles: dict[str, LineStyle], variable: str) -> dict[str, LineStyle]:
    """Return the styles of the models that have a curve."""
    has_curve = dataset[variable].notnull().any([dim for dim in dataset[variable].dims if dim != "model"])
    return {name: style for name, style in styles.items() if has_curve.sel(model=name).item()}


def _draw_panel(axes: Axes, panel: xr.Dataset, styles: dict[str, LineStyle], curves: CurveSpec, theme: Theme) -> None:
    positions = np.arange(len(curves.steps))
    for name, style in _with_curves(panel, styles, curves.variable).items():
        score = panel[curves.variable].sel(model=name).values
        low, high = panel[f"{curves.variable}_interval"].sel(model=name).values.T
        first = np.flatnonzero(curves.steps == panel[f"{curves.variable}_drop"].sel(model=name).item())
        line: dict[str, Any] = {"color": style.colour, "marker": style.marker, "linewidth": 0.9, "markersize": 2.6}
        ring: dict[str, Any] = {"color": style.colour, "fillstyle": "none", "markersize": 6, "markeredgewidth": 0.7}
        axes.fill_between(positions, low, high, color=style.colour, alpha=0.12, linewidth=0)
        axes.plot(positions, score, markeredgewidth=0, **line)
        axes.plot(positions[first], score[first], "o", **ring)
    format_score_axis(axes, panel, theme)
    axes.set_xticks(positions, curves.labels)
