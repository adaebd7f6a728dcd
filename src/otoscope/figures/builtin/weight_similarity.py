"""Similarity of heads by their weights: what they attend to and what they write, every two heads."""

import xarray as xr
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.head_matrix import draw_head_matrix
from otoscope.figures.style.colour_bar import BELOW_BAR, ColourScale, add_colour_bar
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import COLUMN, WIDE, add_axes_mm, add_text_mm, new_page

LEFT, TOP, RIGHT, AXIS, GAP = 13.0, 18.5, 2.0, 9.0, 6.0
KINDS = {"qk_similarity": "where heads attend, QK", "ov_similarity": "what heads write, OV"}
NOTE = "cosine between the elements of the matrices of two heads; from weights, which have no intervals"


def weight_similarity(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw a matrix of each kind that the model has from the Dataset of a run of weights."""
    width, theme = design.width(COLUMN), design.theme
    kinds = {name: title for name, title in KINDS.items() if name in dataset}
    columns = 2 if width >= WIDE else 1
    side = (width - RIGHT) / columns - LEFT
    rows = -(-len(kinds) // columns)
    bottom = TOP + rows * (side + AXIS + GAP) - GAP + 2
    page = new_page(design, width, bottom + BELOW_BAR + 1 + note_height(NOTE, width))
    add_header(page, "Similarity of heads by weights", "from weights alone", dataset, design)
    ticks = {-1.0: "-1", 0.0: "0", 1.0: "1"}
    scale = ColourScale(theme.diverging, Normalize(-1, 1), ticks, "cosine of two heads (1 = the same)")
    for place, (name, title) in enumerate(kinds.items()):
        row, column = divmod(place, columns)
        left, top = LEFT + column * (width - RIGHT) / columns, TOP + row * (side + AXIS + GAP)
        add_text_mm(page, left, top - 4, title, weight="bold")
        axes = add_axes_mm(page, left, top, side, side)
        draw_head_matrix(axes, dataset[name].values, side, scale, theme.muted)
    add_colour_bar(page, LEFT, bottom, min(60.0, side), scale)
    add_note(page, bottom + BELOW_BAR + 1, NOTE, theme)
    return page


FIGURE = FigureSpec(
    name="weight-similarity",
    doc="cosine between the matrices of every two heads: where they attend, and what they write",
    variables=("ov_similarity",),
    function=weight_similarity,
    kind="weights",
)
