"""A matrix of numbers of every two heads, with lines between layers.

Axes: l layer, h head, n heads of all layers.
"""

import numpy as np
from matplotlib.axes import Axes

from otoscope.figures.style.colour_bar import ColourScale
from otoscope.figures.style.page import text_width
from otoscope.figures.style.theme import TEXT_PT
from otoscope.typing import AnyFloats


def draw_head_matrix(axes: Axes, values_lhlh: AnyFloats, side: float, scale: ColourScale, line_colour: str) -> None:
    """Draw the cells of the existing heads, which have a value with themselves; `side` is the width in mm."""
    L, H = values_lhlh.shape[:2]
    flat_nn = values_lhlh.reshape(L * H, L * H)
    present = ~np.isnan(flat_nn.diagonal())
    draw_cells(axes, flat_nn[np.ix_(present, present)], scale)
    layer_ends = np.cumsum(present.reshape(L, H).sum(1))
    between = layer_ends[:-1] - 0.5
    axes.vlines(between, -0.5, layer_ends[-1] - 0.5, color=line_colour, linewidth=0.4)
    axes.hlines(between, -0.5, layer_ends[-1] - 0.5, color=line_colour, linewidth=0.4)
    name_layers(axes, (np.append(0, layer_ends[:-1]) + layer_ends) / 2 - 0.5, side)
    axes.set(xlabel="layer (a cell for each head)", ylabel="layer (a cell for each head)")


def draw_cells(axes: Axes, values: AnyFloats, scale: ColourScale) -> None:
    """Draw the cells of a matrix without ticks or frame."""
    axes.imshow(values, cmap=scale.colours, norm=scale.norm, aspect="auto", interpolation="nearest")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def name_layers(axes: Axes, middles: AnyFloats, side: float) -> None:
    """Draw the numbers of layers along both edges, as many as fit."""
    step = int(np.ceil((text_width(str(len(middles) - 1), TEXT_PT) + 1.5) / (side / len(middles))))
    shown = range(0, len(middles), step)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(middles[::step], [str(layer) for layer in shown])
