"""The atlas: every head's attention on one utterance, layers downward, heads across, coloured by category."""

import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.attention_map import (
    NOTE,
    SCALES_HEIGHT,
    axis_labels,
    category_scales,
    draw_badge,
    label_keys,
    label_queries,
    show_map,
)
from otoscope.figures.chosen_maps import chosen_maps
from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.head_table import head_rankings
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, utterance_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import COLUMN, FULL_HEIGHT, FULL_WIDTH, BoxMm, Page, add_text_mm, new_page, page_axes
from otoscope.figures.style.theme import Theme

LEFT, TOP, RIGHT, BELOW = 15.0, 18.0, 2.0, 7.0
GAP, LARGEST = 1.0, 34.0
NAMED, RANKED, BADGED = 12.0, 20.0, 9.0
"""Edges of a map, in mm, from which its column is called `head 3`, its badge `G3`, and from which it has a badge."""


def atlas(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the atlas from the Dataset of a run, merged with the map of one utterance."""
    if design.heads:
        return chosen_maps(dataset, design)
    n_layers, n_heads = dataset.sizes["layer"], dataset.sizes["head"]
    below = BELOW + SCALES_HEIGHT + 1
    side = _side(dataset, design, below + note_height(NOTE, COLUMN))
    width = design.width(max(COLUMN, LEFT + n_heads * (side + GAP) - GAP + RIGHT))
    bottom = TOP + n_layers * (side + GAP) - GAP
    page = new_page(design, width, bottom + below + note_height(NOTE, width))
    add_header(page, "Attention of every head", utterance_caption(dataset), dataset, design)
    _name_rows_and_columns(page, n_layers, n_heads, side + GAP, design.theme)
    _maps(page, dataset, side + GAP, design.theme)
    category_scales(page, LEFT, bottom + BELOW, min(width - LEFT - 4, COLUMN), design.theme)
    add_note(page, bottom + below, NOTE, design.theme)
    return page


def _side(dataset: xr.Dataset, design: Design, below: float) -> float:
    """Return the edge of one map in mm, so that the atlas fits a printed page."""
    across = (design.width(FULL_WIDTH) - LEFT - RIGHT + GAP) / dataset.sizes["head"] - GAP
    down = (FULL_HEIGHT - TOP - below + GAP) / dataset.sizes["layer"] - GAP
    return min(across, down, LARGEST)


def _name_rows_and_columns(page: Page, n_layers: int, n_heads: int, pitch: float, theme: Theme) -> None:
    half = (pitch - GAP) / 2
    step = 1 if pitch > 4 else 2
    for head in range(0, n_heads, step):
        name = f"head {head}" if pitch > NAMED else str(head)
        add_text_mm(page, LEFT + head * pitch + half, TOP - 0.8, name, ha="center", va="bottom", color=theme.muted)
    for layer in range(0, n_layers, step):
        name = f"layer {layer}" if pitch > NAMED else str(layer)
        add_text_mm(
            page, 3.5, TOP + layer * pitch + half, name, ha="center", va="center", rotation=90, color=theme.muted
        )
    if pitch <= NAMED:
        add_text_mm(page, 1.5, TOP - 0.8, "layer/head", va="bottom", color=theme.muted)


def _maps(page: Page, dataset: xr.Dataset, pitch: float, theme: Theme) -> None:
    paper, heads, marks = page_axes(page), head_rankings(dataset), axis_labels(dataset)
    lowest = heads.groupby("head")["layer"].transform("max")
    for layer in dataset["layer"].values:
        maps_hqk = dataset["attention"].sel(layer=layer).values
        for row in heads[heads["layer"] == layer].itertuples():
            square = BoxMm(LEFT + row.head * pitch, TOP + row.layer * pitch, pitch - GAP)
            show_map(paper, square, maps_hqk[row.head], row.category, theme)
            if square.side >= BADGED:
                draw_badge(paper, square, row.category, theme, row.rank if square.side >= RANKED else None)
            if row.head == 0:
                label_queries(paper, square, marks, theme)
            if lowest[row.Index] == layer:
                label_keys(paper, square, marks, theme)


FIGURE = FigureSpec(
    name="atlas",
    doc="attention of every head on one utterance, coloured by category, phones along the edges",
    variables=("attention", "category"),
    function=atlas,
    has_choice=True,
)
