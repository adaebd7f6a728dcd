"""How far attention agrees with relevance: each category of heads, and scores of whole models."""

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
from otoscope.figures.style.theme import LETTERS, MARKERS, Theme
from otoscope.results.categories import CATEGORIES

TOP = 14.0  # mm
STEP = 0.24  # between the categories of a score
NOTE = (
    "rho: rank correlation with the size of a relevance; D, V, G: mean over the heads of a category; hollow: not "
    "shared with distance in time; squares: scores of the whole model; dashes: distance alone; "
)


def faithfulness_agreement(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the agreements from the Dataset of a run of faithfulness."""
    width, theme, note = design.width(FULL_WIDTH), design.theme, NOTE + interval_note(dataset, "group_agreement")
    panels = make_panels(dataset.sizes["relevance"], width, TOP, note_height(note, width))
    page = new_page(design, width, panels.bottom + note_height(note, width))
    heading = f"Attention against relevance, output {dataset.attrs['output']}"
    add_header(page, heading, corpus_caption(dataset), dataset, design)
    for index, relevance in enumerate(dataset["relevance"].values):
        axes = panels.add(page, index, str(relevance))
        _draw(axes, dataset.sel(relevance=relevance), theme)
        format_value_axis(axes, theme)
        panels.name(page, axes, index, "agreement (rho)")
        if panels.is_lowest(index):
            axes.set_xlabel("score (of heads, of the whole model)", labelpad=2)
    add_note(page, panels.bottom, note, theme)
    return page


def _draw(axes: Axes, selection: xr.Dataset, theme: Theme) -> None:
    scores = [str(name) for name in selection["score"].values]
    others = [name for name in map(str, selection["order"].values) if name in ("rollout", "value-zeroing")]
    axes.axhline(0, color=theme.muted, linewidth=0.6)
    if "distance" in selection["order"].values:
        level = selection["order_agreement"].sel(order="distance").item()
        axes.axhline(level, color=theme.muted, linewidth=0.6, linestyle=(0, (3, 2)))
    for place, score in enumerate(scores):
        for number, name in enumerate(CATEGORIES):
            group, colour = selection.sel(score=score, group=name), theme.categories[name]
            for shift, variable in enumerate(("group_agreement", "group_agreement_beyond_distance")):
                x = place + STEP * (number - 1) + 0.09 * shift
                _point(axes, x, group, variable, (colour, MARKERS[name], "none" if shift else "full"))
            axes.annotate(
                LETTERS[name], (x - 0.045, 0.02), xycoords=("data", "axes fraction"), ha="center", color=colour
            )
    for place, order in enumerate(others, len(scores)):
        _point(axes, place, selection.sel(order=order), "order_agreement", (theme.foreground, "s", "full"))
    axes.set_xticks(range(len(scores) + len(others)), [*scores, *others])
    axes.set_xlim(-0.5, len(scores) + len(others) - 0.5)
    axes.tick_params(axis="x", length=0)
    axes.margins(y=0.18)


def _point(axes: Axes, x: float, selection: xr.Dataset, name: str, style: tuple[str, str, str]) -> None:
    colour, marker, fill = style
    value, ends = selection[name].item(), selection[f"{name}_interval"].values
    if not np.isnan(value):
        axes.vlines(x, *ends, color=colour, linewidth=0.8, alpha=0.7)
        axes.plot(x, value, marker, color=colour, markersize=3.4, fillstyle=fill, markeredgewidth=0.7)


FIGURE = FigureSpec(
    name="faithfulness-agreement",
    doc="rank correlation of attention with gradients and occlusion, for each category of heads and whole models",
    variables=("group_agreement", "group_agreement_beyond_distance", "order_agreement"),
    function=faithfulness_agreement,
    kind="faithfulness",
)
