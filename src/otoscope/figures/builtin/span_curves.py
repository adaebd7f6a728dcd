"""Scores of probes under a limited attention span, rows normalised again and as published."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import LineStyle, curve_note, curve_title, draw_curve, format_score_axis
from otoscope.figures.style.header import MARGIN, add_header, corpus_caption
from otoscope.figures.style.page import COLUMN, add_axes_mm, add_text_mm, new_page
from otoscope.figures.style.theme import Theme

LEFT, TOP, WIDTH = 14.0, 27.0, 71.0
HEIGHT, PITCH = 28.0, 38.0
FEW = 10  # radii that are all written under the axis


def span_curves(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the curves from the Dataset of a run of prune."""
    n_probes = dataset.sizes["probe"]
    figure = new_page(COLUMN, TOP + n_probes * PITCH + 7.5)
    add_header(figure, "Span limited", corpus_caption(dataset), dataset, theme, COLUMN)
    styles = {
        "renormalised": LineStyle(theme.categories["global"], "o"),
        "published": LineStyle(theme.categories["vertical"], "^"),
    }
    for place_of_key, (rows, style) in enumerate(styles.items()):
        text = {"renormalised": "● rows normalised again", "published": "▲ rows as published"}[rows]
        add_text_mm(figure, LEFT + place_of_key * 37, 14.5, text, color=style.colour)
    for row in range(n_probes):
        probe = dataset.isel(probe=row)
        axes = add_axes_mm(figure, LEFT, TOP + row * PITCH, WIDTH, HEIGHT)
        positions = np.arange(dataset.sizes["radius"])
        for rows, style in styles.items():
            draw_curve(axes, positions, probe.sel(rows=rows), "span_", style)
        format_score_axis(axes, probe, theme)
        shown = slice(None, None, -(-len(positions) // FEW))
        axes.set_xticks(positions[shown], [_named(radius) for radius in dataset["radius"].values[shown]])
        add_text_mm(figure, LEFT, TOP + row * PITCH - 4, curve_title(probe), weight="bold")
    axes.set_xlabel("farthest key, in frames of the model", labelpad=2)
    add_text_mm(figure, MARGIN, TOP + n_probes * PITCH + 3, curve_note("95 %", dataset), color=theme.muted)
    return figure


def _named(radius: float) -> str:
    return "full" if np.isinf(radius) else f"{radius:.0f}"


FIGURE = FigureSpec(
    name="span-curves",
    doc="scores of each probe over narrower and narrower spans, rows normalised again and as published",
    variables=("span_score", "span_score_interval", "span_first_drop", "majority"),
    function=span_curves,
    kind="curves",
)
