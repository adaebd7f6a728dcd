"""Scores of probes under a limited attention span, rows normalised again and as published."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import LineStyle, curve_note, draw_curve, format_score_axis
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import COLUMN, LINE_SPACING, add_legend_mm, new_page
from otoscope.figures.style.panels import LEFT, make_panels, tick_step
from otoscope.figures.style.theme import Theme

LEGEND_TOP, TOP = 13.5, 18.0  # mm


def span_curves(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the curves from the Dataset of a run of prune."""
    bands = f"bands: 95 % intervals over {dataset.attrs['clusters']} and seeds"
    width, theme, note = design.width(COLUMN), design.theme, curve_note(bands, dataset, "span_score")
    panels = make_panels(dataset.sizes["probe"], width, TOP, note_height(note, width))
    page = new_page(design, width, panels.bottom + note_height(note, width))
    add_header(page, "Span limited", corpus_caption(dataset), dataset, design)
    styles = _styles(theme)
    names = {"renormalised": "rows normalised again", "published": "rows as published"}
    handles = [style.handle(names[rows]) for rows, style in styles.items()]
    add_legend_mm(page, LEFT, LEGEND_TOP, handles, len(handles), LINE_SPACING)
    labels = [_named(radius) for radius in dataset["radius"].values]
    positions, step = np.arange(len(labels)), tick_step(labels, panels.axes_width)
    for index in range(panels.n_panels):
        probe = dataset.isel(probe=index)
        axes = panels.add(page, index, str(probe["probe"].item()))
        for rows, style in styles.items():
            draw_curve(axes, positions, probe.sel(rows=rows), "span_", style)
        format_score_axis(axes, probe, theme)
        axes.set_xticks(positions[::step], labels[::step])
        panels.name(page, axes, index, str(probe["metric"].item()))
        if panels.is_lowest(index):
            axes.set_xlabel("farthest key (frames)", labelpad=2)
    add_note(page, panels.bottom, note, theme)
    return page


def _styles(theme: Theme) -> dict[str, LineStyle]:
    return {
        "renormalised": LineStyle(theme.categories["global"], "o"),
        "published": LineStyle(theme.categories["vertical"], "^"),
    }


def _named(radius: float) -> str:
    return "full" if np.isinf(radius) else f"{radius:.0f}"


FIGURE = FigureSpec(
    name="span-curves",
    doc="scores of each probe over narrower and narrower spans, rows normalised again and as published",
    variables=("span_score", "span_score_interval", "span_first_drop", "majority"),
    function=span_curves,
    kind="curves",
)
