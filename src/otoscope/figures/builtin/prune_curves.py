"""Scores of probes as heads are removed, in the order of each ranking, in both directions."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import curve_note, draw_curve, format_score_axis, ranking_style
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, LINE_SPACING, add_legend_mm, new_page
from otoscope.figures.style.panels import LEFT, make_panels, tick_step
from otoscope.figures.style.theme import Theme

LEGEND_TOP, LINE, ENTRY = 13.5, 3.6, 24.0  # mm: top of the legend, height of its lines, width of an entry


def _note(dataset: xr.Dataset) -> str:
    bands = f"bands: 95 % intervals over {dataset.attrs['clusters']} and seeds"
    return curve_note(bands, dataset, "score")


def prune_curves(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the curves from the Dataset of a run of prune."""
    width, theme, note = design.width(FULL_WIDTH), design.theme, _note(dataset)
    handles = _legend_entries(dataset, theme)
    columns = int((width - LEFT) // ENTRY)
    top = LEGEND_TOP + LINE * -(-len(handles) // columns) + 1
    panels = make_panels(2 * dataset.sizes["probe"], width, top, note_height(note, width))
    page = new_page(design, width, panels.bottom + note_height(note, width))
    add_header(page, "Heads removed", corpus_caption(dataset), dataset, design)
    add_legend_mm(page, LEFT, LEGEND_TOP, handles, columns, LINE_SPACING)
    axes = None
    for index in range(panels.n_panels):
        probe = dataset.isel(probe=index // 2, direction=index % 2)
        title = f"{probe['probe'].item()}, {probe['direction'].item()}"
        axes = panels.add(page, index, title, axes if index % 2 else None)
        _panel(axes, probe, panels.axes_width, theme)
        panels.name(page, axes, index, str(probe["metric"].item()))
        if panels.is_lowest(index):
            axes.set_xlabel("heads removed", labelpad=2)
    add_note(page, panels.bottom, note, theme)
    return page


def _panel(axes: Axes, probe: xr.Dataset, width: float, theme: Theme) -> None:
    """Draw the curves of one probe in one direction."""
    removed = probe["removed"].values
    for index in range(probe.sizes["ranking"]):
        curve = probe.isel(ranking=index)
        style = ranking_style(str(curve["ranking_name"].item()), bool(curve["is_control"].item()), theme)
        draw_curve(axes, removed, curve, "", style)
    format_score_axis(axes, probe, theme)
    every = tick_step([str(count) for count in removed], width) == 1
    axes.xaxis.set_major_locator(FixedLocator(removed.tolist()) if every else MaxNLocator(4, integer=True))
    axes.set_xlim(-0.03 * removed[-1], 1.03 * removed[-1])


def _legend_entries(dataset: xr.Dataset, theme: Theme) -> list[Line2D]:
    """Return the entries of the legend: one for all seeds of a ranking."""
    is_control = dict(zip(dataset["ranking_name"].values, dataset["is_control"].values, strict=True))
    return [ranking_style(str(name), bool(control), theme).handle(name) for name, control in is_control.items()]


FIGURE = FigureSpec(
    name="prune-curves",
    doc="scores of each probe over the number of heads removed, a line for each ranking, in both directions",
    variables=("score", "score_interval", "first_drop", "majority", "ranking_name", "is_control"),
    function=prune_curves,
    kind="curves",
)
