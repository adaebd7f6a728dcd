"""One map for each layer of a model on one page, for rollout and value zeroing."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.attention_map import show_weights, weight_scale
from otoscope.figures.map_grid import LEFT, RIGHT, make_grid
from otoscope.figures.style.colour_bar import BELOW_BAR, add_colour_bar
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, utterance_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import COLUMN, FULL_WIDTH, new_page
from otoscope.typing import AnyFloats


def layer_maps(dataset: xr.Dataset, maps_lqk: AnyFloats, heading: str, note: str, design: Design) -> Figure:
    """Draw maps of an utterance, rows summing to one, from the first layer on, with its phones along the edges."""
    theme = design.theme
    width = design.width(COLUMN if len(maps_lqk) == 1 else FULL_WIDTH)
    below = BELOW_BAR + 3 + note_height(note, width)
    grid = make_grid(len(maps_lqk), width, below)
    page = new_page(design, width, grid.bottom + below)
    add_header(page, heading, utterance_caption(dataset), dataset, design)

    def show(paper: Axes, layer: int) -> None:
        show_weights(paper, grid.square(layer), maps_lqk[layer], theme.plain, theme.muted)

    grid.draw(page, dataset, [f"layer {layer}" for layer in range(len(maps_lqk))], show, theme)
    add_colour_bar(page, LEFT, grid.bottom + 1.5, min(60.0, width - LEFT - RIGHT), weight_scale(theme.plain))
    add_note(page, grid.bottom + BELOW_BAR + 3, note, theme)
    return page
