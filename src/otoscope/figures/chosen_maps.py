"""The attention maps of the heads that the user names, as large as the page allows."""

from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.attention_map import NOTE, SCALES_HEIGHT, category_scales, draw_badge, show_map
from otoscope.figures.head_table import head_rankings
from otoscope.figures.map_grid import LEFT, make_grid
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, utterance_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import COLUMN, FULL_WIDTH, new_page


def chosen_maps(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the maps of the heads of a Design, in their order, from the Dataset of a run merged with a map."""
    theme = design.theme
    width = design.width(COLUMN if len(design.heads) <= 2 else FULL_WIDTH)
    below = SCALES_HEIGHT + 3 + note_height(NOTE, width)
    grid = make_grid(len(design.heads), width, below)
    page = new_page(design, width, grid.bottom + below)
    add_header(page, "Attention of heads", utterance_caption(dataset), dataset, design)
    heads = {(row.layer, row.head): row for row in head_rankings(dataset).itertuples()}

    def show(paper: Axes, index: int) -> None:
        (layer, head), square = design.heads[index], grid.square(index)
        row: Any = heads[layer, head]
        show_map(paper, square, dataset["attention"].sel(layer=layer, head=head).values, row.category, theme)
        draw_badge(paper, square, row.category, theme, row.rank)

    grid.draw(page, dataset, [f"layer {layer}, head {head}" for layer, head in design.heads], show, theme)
    category_scales(page, LEFT, grid.bottom + 2, min(width - LEFT - 4, COLUMN), theme)
    add_note(page, grid.bottom + SCALES_HEIGHT + 3, NOTE, theme)
    return page
