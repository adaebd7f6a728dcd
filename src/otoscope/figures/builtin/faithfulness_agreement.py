"""How far attention agrees with relevance: each category of heads, and scores of whole models."""

from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.note import interval_note
from otoscope.figures.style.panel_page import Panel, PanelTexts, draw_panel_page
from otoscope.figures.style.theme import LETTERS, MARKERS, Theme
from otoscope.results.categories import CATEGORIES

TOP = 14.0  # mm: top of the panels
STEP = 0.24  # between the categories of a score
NOTE = (
    "rho: rank correlation with the size of a relevance; D, V, G: mean over the heads of a category; hollow: not "
    "shared with distance in time; squares: scores of the whole model; dashes: distance alone; "
)


def faithfulness_agreement(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the agreements from the Dataset of a run of faithfulness."""
    texts = PanelTexts(
        heading=f"Attention against relevance, output {dataset.attrs['output']}",
        axis="score (of heads, of the whole model)",
        note=NOTE + interval_note(dataset, "group_agreement"),
        top=TOP,
    )
    panels = [
        Panel(str(name), "agreement (rho)", partial(_draw, dataset.sel(relevance=name)))
        for name in dataset["relevance"].values
    ]
    return draw_panel_page(panels, texts, dataset, design)


def _draw(selection: xr.Dataset, axes: Axes, width: float, theme: Theme) -> None:
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
