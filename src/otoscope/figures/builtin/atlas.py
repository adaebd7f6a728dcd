"""The atlas: every head's attention on one utterance, layers downward, heads across, coloured by category."""

import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.attention_map import axis_labels, colour_scales, draw_badge, label_keys, label_queries, show_map
from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.head_table import head_rankings
from otoscope.figures.style.header import add_header, utterance_caption
from otoscope.figures.style.page import COLUMN, FULL_HEIGHT, FULL_WIDTH, BoxMm, add_text_mm, new_page, page_axes
from otoscope.figures.style.theme import Theme

LEFT, TOP, RIGHT, BOTTOM = 15.0, 20.0, 2.0, 23.5
GAP, LARGEST = 1.0, 34.0
NAMED, RANKED = 12.0, 20.0  # edges of a map, in mm, from which its column is called `head 3`, its draw_badge `G3`


def atlas(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the atlas from the Dataset of a run, merged with the map of one utterance."""
    n_layers, n_heads = dataset.sizes["layer"], dataset.sizes["head"]
    side = _side(n_layers, n_heads)
    pitch = side + GAP
    width = max(COLUMN, LEFT + n_heads * pitch - GAP + RIGHT)
    figure = new_page(width, TOP + n_layers * pitch - GAP + BOTTOM)
    add_header(figure, "Attention of every head", utterance_caption(dataset), dataset, theme, width)
    _name_rows_and_columns(figure, n_layers, n_heads, pitch, theme)
    _maps(figure, dataset, pitch, theme)
    colour_scales(figure, LEFT, TOP + n_layers * pitch + 7.5, min(width - LEFT - 4, COLUMN), theme)
    return figure


def _side(n_layers: int, n_heads: int) -> float:
    """Return the edge of one map in mm, so that the atlas fits a printed page."""
    across = (FULL_WIDTH - LEFT - RIGHT + GAP) / n_heads - GAP
    down = (FULL_HEIGHT - TOP - BOTTOM + GAP) / n_layers - GAP
    return min(across, down, LARGEST)


def _name_rows_and_columns(figure: Figure, n_layers: int, n_heads: int, pitch: float, theme: Theme) -> None:
    half = (pitch - GAP) / 2
    for head in range(n_heads):
        name = f"head {head}" if head == 0 or pitch > NAMED else str(head)
        add_text_mm(figure, LEFT + head * pitch + half, TOP - 0.8, name, ha="center", va="bottom", color=theme.muted)
    for layer in range(n_layers):
        name = f"layer {layer}" if layer == 0 or pitch > NAMED else str(layer)
        add_text_mm(
            figure, 3.5, TOP + layer * pitch + half, name, ha="center", va="center", rotation=90, color=theme.muted
        )


def _maps(figure: Figure, dataset: xr.Dataset, pitch: float, theme: Theme) -> None:
    paper, heads, marks = page_axes(figure), head_rankings(dataset), axis_labels(dataset)
    lowest = heads.groupby("head")["layer"].transform("max")
    for layer in dataset["layer"].values:
        maps_hqk = dataset["attention"].sel(layer=layer).values
        for row in heads[heads["layer"] == layer].itertuples():
            square = BoxMm(LEFT + row.head * pitch, TOP + row.layer * pitch, pitch - GAP)
            show_map(paper, square, maps_hqk[row.head], row.category, theme)
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
)
