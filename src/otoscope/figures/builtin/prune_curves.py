"""Scores of probes as heads are removed by rankings, from the highest score down and in reverse."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import (
    curve_note,
    curve_title,
    draw_curve,
    format_score_axis,
    ranking_style,
)
from otoscope.figures.style.header import MARGIN, add_header, corpus_caption
from otoscope.figures.style.page import FULL_WIDTH, add_axes_mm, add_legend_mm, add_text_mm, new_page
from otoscope.figures.style.theme import Theme

LEFT, TOP, WIDTH, BETWEEN = 14.0, 27.0, 75.0, 12.0
HEIGHT, PITCH = 28.0, 38.0
FEW = 9  # steps that are all written under the axis
BANDS = "95 % over seeds and utterances"


def prune_curves(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the curves from the Dataset of a run of prune."""
    n_probes = dataset.sizes["probe"]
    figure = new_page(FULL_WIDTH, TOP + n_probes * PITCH + 7.5)
    add_header(figure, "Heads removed", corpus_caption(dataset), dataset, theme, LEFT + 2 * WIDTH)
    add_text_mm(figure, MARGIN, TOP + n_probes * PITCH + 3, curve_note(BANDS, dataset), color=theme.muted)
    _key(figure, dataset, theme)
    for row in range(n_probes):
        top = TOP + row * PITCH
        left = _panel(add_axes_mm(figure, LEFT, top, WIDTH, HEIGHT), dataset.isel(probe=row, direction=0), theme)
        right = add_axes_mm(figure, LEFT + WIDTH + BETWEEN, top, WIDTH, HEIGHT, sharey=left)
        _panel(right, dataset.isel(probe=row, direction=1), theme)
        for axes, direction in zip((left, right), dataset["direction"].values, strict=True):
            heading = f"{curve_title(dataset.isel(probe=row))}; {direction}"
            add_text_mm(figure, LEFT + (axes is right) * (WIDTH + BETWEEN), top - 4, heading, weight="bold")
    for axes, direction in zip((left, right), dataset["direction"].values, strict=True):
        axes.set_xlabel(f"heads removed, from {direction} score", labelpad=2)
    return figure


def _panel(axes: Axes, probe: xr.Dataset, theme: Theme) -> Axes:
    """Draw the curves of one probe in one direction."""
    removed = probe["removed"].values
    for index in range(probe.sizes["ranking"]):
        curve = probe.isel(ranking=index)
        style = ranking_style(str(curve["ranking_name"].item()), bool(curve["is_control"].item()), theme)
        draw_curve(axes, removed, curve, "", style)
    format_score_axis(axes, probe, theme)
    every = len(removed) <= FEW
    axes.xaxis.set_major_locator(FixedLocator(removed.tolist()) if every else MaxNLocator(6, integer=True))
    axes.set_xlim(-0.03 * removed[-1], 1.03 * removed[-1])
    return axes


def _key(figure: Figure, dataset: xr.Dataset, theme: Theme) -> None:
    """Draw the legend, with one entry for all seeds of a ranking."""
    is_control = dict(zip(dataset["ranking_name"].values, dataset["is_control"].values, strict=True))
    handles = [ranking_style(str(name), bool(control), theme).handle(name) for name, control in is_control.items()]
    add_legend_mm(figure, LEFT, 13.5, handles, 6, handlelength=1.6, columnspacing=1.4, labelspacing=0.3)


FIGURE = FigureSpec(
    name="prune-curves",
    doc="scores of each probe over the number of heads removed, a line for each ranking, in both directions",
    variables=("score", "score_interval", "first_drop", "majority", "ranking_name", "is_control"),
    function=prune_curves,
    kind="curves",
)
