"""Similarity of the maps of heads on one utterance: every two heads, and reuse of maps between layers."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.head_matrix import draw_cells, draw_head_matrix, name_layers
from otoscope.figures.style.colour_bar import BELOW_BAR, ColourScale, add_colour_bar, text_colour
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, utterance_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import COLUMN, WIDE, add_axes_mm, add_text_mm, new_page
from otoscope.figures.style.theme import Theme
from otoscope.maps import layer_reuse, similarity
from otoscope.typing import AnyFloats

LEFT, TOP, RIGHT, AXIS, GAP = 13.0, 18.5, 2.0, 9.0, 6.0
WRITTEN = 7.0  # mm: edge of a cell from which its number is written
NOTE = "one utterance: the values have no interval"


def head_similarity(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the similarities from the Dataset of a run, merged with the map of one utterance."""
    width, theme = design.width(COLUMN), design.theme
    columns = 2 if width >= WIDE else 1
    side = (width - RIGHT) / columns - LEFT
    similar = similarity(dataset["attention"].values)
    scale = ColourScale(theme.plain, Normalize(0, 1), {0: "0", 0.5: "0.5", 1: "1"}, "cosine of two maps (1 = the same)")
    second = (LEFT, TOP + side + AXIS + GAP) if columns == 1 else (LEFT + (width - RIGHT) / 2, TOP)
    bottom = second[1] + side + AXIS + 2
    page = new_page(design, width, bottom + BELOW_BAR + 1 + note_height(NOTE, width))
    add_header(page, "Similarity of heads", utterance_caption(dataset), dataset, design)
    add_text_mm(page, LEFT, TOP - 4, "every two heads", weight="bold")
    draw_head_matrix(add_axes_mm(page, LEFT, TOP, side, side), similar, side, scale, theme.muted)
    add_text_mm(page, second[0], second[1] - 4, "each head and the most similar head of a layer", weight="bold")
    _layers(add_axes_mm(page, *second, side, side), layer_reuse(similar), side, scale, theme)
    add_colour_bar(page, LEFT, bottom, min(60.0, side), scale)
    add_note(page, bottom + BELOW_BAR + 1, NOTE, theme)
    return page


def _layers(axes: Axes, reuse_ll: AnyFloats, side: float, scale: ColourScale, theme: Theme) -> None:
    """Draw cells, with numbers if they fit."""
    draw_cells(axes, reuse_ll, scale)
    name_layers(axes, np.arange(len(reuse_ll), dtype=float), side)
    axes.set(xlabel="layer of the most similar head", ylabel="layer of the head (mean)")
    for (row, column), value in np.ndenumerate(reuse_ll) if side / len(reuse_ll) >= WRITTEN else ():
        if not np.isnan(value):
            colour = text_colour(theme.plain(value), theme)
            axes.text(column, row, f"{value:.2f}", ha="center", va="center_baseline", color=colour)


FIGURE = FigureSpec(
    name="head-similarity",
    doc="cosine of every two heads' maps of one utterance, and how similar the heads of two layers are",
    variables=("attention",),
    function=head_similarity,
)
