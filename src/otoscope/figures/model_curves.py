"""One panel for each probe and corpus, with a curve for each model of a reproduction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.style.curve_style import LineStyle, curve_note, format_score_axis
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header
from otoscope.figures.style.model_style import add_model_legend, model_styles
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, new_page
from otoscope.figures.style.panels import LEFT, make_panels, tick_step
from otoscope.figures.style.theme import Theme
from otoscope.typing import Array

LEGEND_TOP, TOP = 13.5, 18.0  # mm
BANDS = "bands: 95 % intervals over speakers (utterances where they are unknown) and seeds"


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


def draw_model_curves(dataset: xr.Dataset, design: Design, heading: str, curves: CurveSpec) -> Figure:
    """Draw the panels in columns, one panel for each probe and corpus."""
    width, theme, note = design.width(FULL_WIDTH), design.theme, curve_note(BANDS, dataset, curves.variable)
    styles = model_styles(dataset, theme)
    panels = make_panels(dataset.sizes["probe_corpus"], width, TOP, note_height(note, width))
    page = new_page(design, width, panels.bottom + note_height(note, width))
    add_header(page, heading, "speech as each panel states", dataset, design)
    add_model_legend(page, _with_curves(dataset, styles, curves.variable), dataset, LEGEND_TOP, LEFT)
    for index in range(panels.n_panels):
        panel = dataset.isel(probe_corpus=index)
        axes = panels.add(page, index, str(panel["probe_corpus"].item()))
        _draw_panel(axes, panel, styles, curves, theme)
        step = tick_step(curves.labels, panels.axes_width)
        axes.set_xticks(np.arange(len(curves.steps))[::step], curves.labels[::step])
        panels.name(page, axes, index, str(panel["metric"].item()))
        if panels.is_lowest(index):
            axes.set_xlabel(curves.axis_label, labelpad=2)
    add_note(page, panels.bottom, note, theme)
    return page


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
