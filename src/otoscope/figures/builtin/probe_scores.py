"""What each probe reads from a model, next to its controls, with intervals."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import format_value_axis
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, interval_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, new_page
from otoscope.figures.style.panels import make_panels
from otoscope.figures.style.theme import Theme

TOP = 13.0


def probe_scores(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the scores from the Dataset of a run of probes."""
    width, theme, note = design.width(FULL_WIDTH), design.theme, _note(dataset)
    panels = make_panels(dataset.sizes["probe"], width, TOP, note_height(note, width))
    page = new_page(design, width, panels.bottom + note_height(note, width))
    add_header(page, "What probes read", corpus_caption(dataset), dataset, design)
    for index, name in enumerate(dataset["probe"].values):
        probe = dataset.sel(probe=name)
        axes = panels.add(page, index, str(name))
        _draw(axes, probe, theme)
        panels.name(page, axes, index, str(probe["metric"].item()))
        if panels.is_lowest(index):
            axes.set_xlabel("model or control", labelpad=2)
    add_note(page, panels.bottom, note, theme)
    return page


def _note(dataset: xr.Dataset) -> str:
    errors = "" if dataset["higher_is_better"].all() else "; a low error is good"
    return (
        f"{interval_note(dataset, 'score')} and seeds; untrained: the same probe on a model of the same shape with "
        f"random weights; majority: the commonest class{errors}"
    )


def _draw(axes: Axes, probe: xr.Dataset, theme: Theme) -> None:
    """Draw a dot with its interval for the model and each control; a probe without classes has no majority."""
    places, scores = np.arange(probe.sizes["reader"]), probe["score"].values
    for place, score, (low, high) in zip(places, scores, probe["score_interval"].values, strict=True):
        colour = theme.foreground if place == 0 else theme.muted
        axes.vlines(place, low, high, color=colour, linewidth=0.9)
        axes.plot(place, score, "o", color=colour, markersize=3.2, markeredgewidth=0)
    axes.set_xticks(places, [str(reader) for reader in probe["reader"].values])
    axes.set_xlim(-0.5, len(places) - 0.5)
    format_value_axis(axes, theme)


FIGURE = FigureSpec(
    name="probe-scores",
    doc="the score of each probe on the model, on an untrained model and of the commonest class, with intervals",
    variables=("score", "score_interval", "metric", "higher_is_better"),
    function=probe_scores,
    kind="probes",
)
