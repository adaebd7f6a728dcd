"""Scores of probes as heads are removed by several kinds of ablation, the highest of each ranking first."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import LineStyle, curve_note, draw_curve, format_score_axis, generic_style
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, LINE_SPACING, add_legend_mm, new_page
from otoscope.figures.style.panels import LEFT, make_panels
from otoscope.figures.style.theme import Theme
from otoscope.typing import Ints

LEGEND_TOP, TOP = 13.5, 18.0  # mm
MAX_PANELS = 8


def ablation_curves(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the curves from the Dataset of a run of prune with several kinds of ablation."""
    dataset = dataset.isel(ranking=_shown(dataset))
    bands = f"bands: 95 % intervals over {dataset.attrs['clusters']} and seeds; the highest heads are removed first"
    width, theme, note = design.width(FULL_WIDTH), design.theme, curve_note(bands, dataset, "ablation_score")
    n_rankings = dataset.sizes["ranking"]
    panels = make_panels(dataset.sizes["probe"] * n_rankings, width, TOP, note_height(note, width))
    page = new_page(design, width, panels.bottom + note_height(note, width))
    add_header(page, "Heads removed by kinds of ablation", corpus_caption(dataset), dataset, design)
    styles = {str(kind): kind_style(str(kind), theme) for kind in dataset["ablation"].values}
    handles = [style.handle(kind) for kind, style in styles.items()]
    add_legend_mm(page, LEFT, LEGEND_TOP, handles, len(handles), LINE_SPACING)
    for index in range(panels.n_panels):
        panel = dataset.isel(probe=index // n_rankings, ranking=index % n_rankings, direction=0)
        axes = panels.add(page, index, f"{panel['probe'].item()}, {panel['ranking'].item()}")
        for kind, style in styles.items():
            draw_curve(axes, panel["removed"].values, panel.sel(ablation=kind), "ablation_", style)
        format_score_axis(axes, panel, theme)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        panels.name(page, axes, index, str(panel["metric"].item()))
        if panels.is_lowest(index):
            axes.set_xlabel("heads removed", labelpad=2)
    add_note(page, panels.bottom, note, theme)
    return page


def _shown(dataset: xr.Dataset) -> Ints:
    """Return the places of the first rankings that are no control, as many as fit on a page."""
    is_control = dataset["is_control"].values
    places = np.flatnonzero(~is_control) if not is_control.all() else np.arange(1)
    return places[: max(1, MAX_PANELS // dataset.sizes["probe"])]


def kind_style(kind: str, theme: Theme) -> LineStyle:
    """Return the style of a kind of ablation."""
    styles = {
        "zero": LineStyle(theme.foreground, "s"),
        "mean": LineStyle(theme.categories["global"], "o"),
        "resample": LineStyle(theme.categories["vertical"], "^"),
        "noise": LineStyle(theme.categories["diagonal"], "D"),
    }
    return styles.get(kind) or generic_style(kind, theme)


FIGURE = FigureSpec(
    name="ablation-curves",
    doc="scores of each probe over the number of heads removed, a line for each kind of ablation",
    variables=("ablation_score", "ablation_score_interval", "ablation_first_drop", "majority", "is_control"),
    function=ablation_curves,
    kind="curves",
    on_request=True,
)
