"""One map for each layer of a model on one page, for rollout and value zeroing."""

import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.attention_map import axis_labels, colour_scale, label_keys, label_queries, show_weights
from otoscope.figures.style.header import MARGIN, add_header, utterance_caption
from otoscope.figures.style.page import (
    COLUMN,
    FULL_HEIGHT,
    FULL_WIDTH,
    BoxMm,
    add_axes_mm,
    add_text_mm,
    new_page,
    page_axes,
)
from otoscope.figures.style.theme import Theme
from otoscope.typing import AnyFloats

LEFT, TOP, RIGHT, BOTTOM = 15.0, 20.0, 2.0, 20.0
GAP, HEADING, LARGEST = 3.0, 4.5, 52.0  # mm: between maps and above each, edge of the largest


def layer_maps(dataset: xr.Dataset, maps_lqk: AnyFloats, heading: str, note: str, theme: Theme) -> Figure:
    """Draw maps of an utterance, rows summing to one, from the first layer on, with its phones along the edges."""
    columns, side = _grid(len(maps_lqk))
    rows, across = -(-len(maps_lqk) // columns), side + GAP
    down = side + HEADING
    width = max(COLUMN, LEFT + columns * across - GAP + RIGHT)
    figure = new_page(width, TOP + rows * down + BOTTOM)
    add_header(figure, heading, utterance_caption(dataset), dataset, theme, width)
    paper, marks = page_axes(figure), axis_labels(dataset)
    for layer, map_qk in enumerate(maps_lqk):
        square = BoxMm(LEFT + layer % columns * across, TOP + layer // columns * down, side)
        add_text_mm(figure, square.left, square.top - 0.6, f"layer {layer}", va="bottom", color=theme.muted)
        show_weights(paper, square, map_qk, theme.plain, theme.muted)
        if not layer % columns:
            label_queries(paper, square, marks, theme)
        if layer + columns >= len(maps_lqk):
            label_keys(paper, square, marks, theme)
    below = TOP + rows * down + 2.5
    colour_scale(add_axes_mm(figure, LEFT, below + 4, 40, 2), theme.plain)
    add_text_mm(figure, MARGIN, below, note, color=theme.muted)
    return figure


def _grid(n_layers: int) -> tuple[int, float]:
    """Return the number of columns, and the edge of each map in mm, as large as the page allows."""
    best = (1, 0.0)
    for columns in range(1, n_layers + 1):
        across = (FULL_WIDTH - LEFT - RIGHT + GAP) / columns - GAP
        down = (FULL_HEIGHT - TOP - BOTTOM) / -(-n_layers // columns) - HEADING
        if (side := min(across, down, LARGEST)) > best[1]:
            best = (columns, side)
    return best
