"""What each probe reads from a model, next to its controls, with intervals."""

from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.note import interval_note
from otoscope.figures.style.panel_page import Panel, PanelTexts, draw_panel_page
from otoscope.figures.style.theme import Theme


def probe_scores(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the scores from the Dataset of a run of probes."""
    probes = [dataset.sel(probe=name) for name in dataset["probe"].values]
    panels = [Panel(str(each["probe"].item()), str(each["metric"].item()), partial(_draw, each)) for each in probes]
    return draw_panel_page(panels, PanelTexts("What probes read", "model or control", _note(dataset)), dataset, design)


def _note(dataset: xr.Dataset) -> str:
    errors = "" if dataset["higher_is_better"].all() else "; a low error is good"
    return (
        f"{interval_note(dataset, 'score')} and seeds; untrained: the same probe on a model of the same shape with "
        f"random weights; majority: the commonest class{errors}"
    )


def _draw(probe: xr.Dataset, axes: Axes, width: float, theme: Theme) -> None:
    """Draw a dot with its interval for the model and each control; a probe without classes has no majority."""
    places, scores = np.arange(probe.sizes["reader"]), probe["score"].values
    for place, score, (low, high) in zip(places, scores, probe["score_interval"].values, strict=True):
        colour = theme.foreground if place == 0 else theme.muted
        axes.vlines(place, low, high, color=colour, linewidth=0.9)
        axes.plot(place, score, "o", color=colour, markersize=3.2, markeredgewidth=0)
    axes.set_xticks(places, [str(reader) for reader in probe["reader"].values])
    axes.set_xlim(-0.5, len(places) - 0.5)


FIGURE = FigureSpec(
    name="probe-scores",
    doc="the score of each probe on the model, on an untrained model and of the commonest class, with intervals",
    variables=("score", "score_interval", "metric", "higher_is_better"),
    function=probe_scores,
    kind="probes",
)
