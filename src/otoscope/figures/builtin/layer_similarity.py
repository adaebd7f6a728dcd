"""Similarity of representations: linear CKA of each two depths, of log-mel, and of the depths of another model."""

import xarray as xr
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.colour_bar import BELOW_BAR, ColourScale, add_colour_bar
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import COLUMN, MARGIN, add_axes_mm, new_page

LEFT, TOP, AXIS, LARGEST = 24.0, 14.5, 21.0, 8.0  # mm; the last: edge of the largest cell
NOTE = (
    "linear CKA of frames within utterances, estimated without bias; depth 0: input of the first layer; against: "
    "depths of the other model; the run has the intervals"
)


def layer_similarity(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the matrix from the Dataset of a run of layers."""
    width, theme, count = design.width(COLUMN), design.theme, dataset.sizes["representation"]
    edge = min((width - LEFT - MARGIN) / count, LARGEST) * count
    bottom = TOP + edge
    below = AXIS + BELOW_BAR + 1 + note_height(NOTE, width)
    page = new_page(design, width, bottom + below)
    add_header(page, "Similarity of layers", corpus_caption(dataset), dataset, design)
    axes = add_axes_mm(page, LEFT, TOP, edge, edge)
    scale = ColourScale(theme.plain, Normalize(0, 1), {0: "0", 0.5: "0.5", 1: "1"}, "linear CKA (0 to 1)")
    axes.pcolormesh(dataset["cka"].values.clip(0, 1), cmap=scale.colours, norm=scale.norm)
    names = [str(name) for name in dataset["representation"].values]
    middles = [place + 0.5 for place in range(count)]
    axes.set_yticks(middles, names)
    axes.set_xticks(middles, names, rotation=90)
    axes.set(xlim=(0, count), ylim=(count, 0), xlabel="states (depth)", ylabel="states (depth)")
    axes.tick_params(length=0)
    add_colour_bar(page, LEFT, bottom + AXIS, min(52.0, width - LEFT - MARGIN), scale)
    add_note(page, bottom + AXIS + BELOW_BAR + 1, NOTE, theme)
    return page


FIGURE = FigureSpec(
    name="layer-similarity",
    doc="linear CKA of each two depths of a model, with log-mel frames and with another model",
    variables=("cka",),
    function=layer_similarity,
    kind="layers",
)
