"""How much the queries, keys and values of each head read what each head of the layer below writes."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.colour_bar import BELOW_BAR, ColourScale, add_colour_bar
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import COLUMN, FULL_HEIGHT, FULL_WIDTH, add_axes_mm, add_text_mm, new_page
from otoscope.typing import AnyFloats

LEFT, TOP, RIGHT, GAP, AXIS = 18.0, 19.0, 2.0, 1.5, 9.0
LARGEST = 21.0  # mm: edge of the largest matrix
KINDS = {"query_composition": "queries", "key_composition": "keys", "value_composition": "values"}
NOTE = (
    "each square: heads of a layer (down) by heads of the layer below (across); 1 is what unrelated matrices of the "
    "same norms have; from weights, which have no intervals"
)


def weight_compositions(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw a row of matrices for each pair of layers from the Dataset of a run of weights."""
    theme, pairs = design.theme, dataset.sizes["layer"] - 1
    below = AXIS + BELOW_BAR + note_height(NOTE, COLUMN)
    across = (design.width(FULL_WIDTH) - LEFT - RIGHT + GAP) / len(KINDS) - GAP
    side = min(across, (FULL_HEIGHT - TOP - below + GAP) / max(pairs, 1) - GAP, LARGEST)
    width = design.width(max(COLUMN, LEFT + len(KINDS) * (side + GAP) + RIGHT))
    bottom = TOP + pairs * (side + GAP) - GAP
    page = new_page(design, width, bottom + AXIS + BELOW_BAR + note_height(NOTE, width))
    add_header(page, "Composition of heads", "from weights alone", dataset, design)
    scale = _scale(np.stack([dataset[name].values[1:] for name in KINDS]), design)
    for column, (name, reader) in enumerate(KINDS.items()):
        left = LEFT + column * (side + GAP)
        add_text_mm(page, left + side / 2, TOP - 1, reader, ha="center", va="bottom", weight="bold")
        for row in range(pairs):
            axes = add_axes_mm(page, left, TOP + row * (side + GAP), side, side)
            _matrix(axes, dataset[name].values[row + 1], scale)
            if column == 0:
                middle = TOP + row * (side + GAP) + side / 2
                add_text_mm(page, LEFT - 2, middle, f"layer {row + 1}", ha="right", va="center")
            if row == pairs - 1 and column == 1:
                axes.set_xlabel("head of the layer below", labelpad=2)
    add_colour_bar(page, LEFT, bottom + AXIS - 2, min(60.0, width - LEFT - RIGHT), scale)
    add_note(page, bottom + AXIS + BELOW_BAR - 1, NOTE, theme)
    return page


def _scale(values: AnyFloats, design: Design) -> ColourScale:
    """Return a logarithmic scale around 1, equally far to both sides."""
    end = float(np.nanmax(np.abs(np.log(values)))) if not np.isnan(values).all() else 0.0
    high = max(1.1, float(np.exp(end)))
    ticks = {value: f"{value:.2g}" for value in (1 / high, 1.0, high)}
    return ColourScale(design.theme.diverging, LogNorm(1 / high, high), ticks, "composition (times chance)")


def _matrix(axes: Axes, values: AnyFloats, scale: ColourScale) -> None:
    axes.imshow(values, cmap=scale.colours, norm=scale.norm, aspect="auto", interpolation="nearest")
    axes.spines[:].set_visible(False)
    axes.set(xticks=[], yticks=[])


FIGURE = FigureSpec(
    name="weight-compositions",
    doc="how much the queries, keys and values of each head read what each head one layer below writes",
    variables=tuple(KINDS),
    function=weight_compositions,
    kind="weights",
)
