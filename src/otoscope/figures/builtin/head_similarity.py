"""Similarity of the maps of heads on one utterance: every two heads, and reuse of maps between layers."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.header import MARGIN, add_header, utterance_caption
from otoscope.figures.style.page import COLUMN, add_axes_mm, add_text_mm, new_page, text_width
from otoscope.figures.style.theme import TEXT_PT, Theme
from otoscope.maps import layer_reuse, similarity
from otoscope.typing import AnyFloats

LEFT, TOP, SIDE = 12.0, 19.0, 74.0
GAP, LAYERS, KEY_TOP, KEY = 16.0, 50.0, 10.0, 12.0
WRITTEN = 6.0  # mm: edge of a cell from which its number is written
DARK = 0.55  # from which a number is written in the surface's colour


def head_similarity(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the similarities from the Dataset of a run, merged with the map of one utterance."""
    similar = similarity(dataset["attention"].values)
    layers_top = TOP + SIDE + GAP
    figure = new_page(COLUMN, layers_top + LAYERS + KEY_TOP + KEY)
    add_header(figure, "Similarity of heads", utterance_caption(dataset), dataset, theme, COLUMN)
    add_text_mm(figure, LEFT, TOP - 4, "every two heads", weight="bold")
    _heads(add_axes_mm(figure, LEFT, TOP, SIDE, SIDE), similar, theme)
    add_text_mm(figure, LEFT, layers_top - 4, "each head and the most similar head of a layer", weight="bold")
    _layers(add_axes_mm(figure, LEFT, layers_top, LAYERS, LAYERS), layer_reuse(similar), theme)
    _key(figure, layers_top + LAYERS + KEY_TOP, theme)
    return figure


def _heads(axes: Axes, similar_lhlh: AnyFloats, theme: Theme) -> None:
    """Draw the cells of the existing heads, with lines between layers."""
    L, H = similar_lhlh.shape[:2]
    flat_nn = similar_lhlh.reshape(L * H, L * H)
    present = ~np.isnan(flat_nn.diagonal())
    _show(axes, flat_nn[np.ix_(present, present)], theme)
    layer_ends = np.cumsum(present.reshape(L, H).sum(1))
    between = layer_ends[:-1] - 0.5
    axes.vlines(between, -0.5, layer_ends[-1] - 0.5, color=theme.muted, linewidth=0.4)
    axes.hlines(between, -0.5, layer_ends[-1] - 0.5, color=theme.muted, linewidth=0.4)
    _name_layers(axes, (np.append(0, layer_ends[:-1]) + layer_ends) / 2 - 0.5, SIDE)
    axes.set(xlabel="layer (one cell for each head)", ylabel="layer")


def _layers(axes: Axes, reuse_ll: AnyFloats, theme: Theme) -> None:
    """Draw cells, with numbers if they fit."""
    _show(axes, reuse_ll, theme)
    _name_layers(axes, np.arange(len(reuse_ll), dtype=float), LAYERS)
    axes.set(xlabel="layer of the most similar head", ylabel="layer of the head (mean)")
    for (row, column), value in np.ndenumerate(reuse_ll) if LAYERS / len(reuse_ll) >= WRITTEN else ():
        colour = theme.surface if value > DARK else theme.foreground
        axes.text(
            column, row, "" if np.isnan(value) else f"{value:.2f}", ha="center", va="center_baseline", color=colour
        )


def _show(axes: Axes, values: AnyFloats, theme: Theme) -> None:
    axes.imshow(values, cmap=theme.plain, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _name_layers(axes: Axes, middles: AnyFloats, side: float) -> None:
    """Draw the numbers of layers along both edges, as many as fit."""
    step = int(np.ceil((text_width(str(len(middles) - 1), TEXT_PT) + 1.5) / (side / len(middles))))
    shown = range(0, len(middles), step)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(middles[::step], [str(layer) for layer in shown])


def _key(figure: Figure, top: float, theme: Theme) -> None:
    axes = add_axes_mm(figure, LEFT, top + 4, 40, 2)
    axes.imshow(np.linspace(0, 1, 256)[None], cmap=theme.plain, extent=(0, 1, 0, 1), aspect="auto")
    axes.set(xticks=[0, 0.5, 1], yticks=[])
    axes.spines[:].set_visible(False)
    add_text_mm(figure, MARGIN, top, "cosine of two heads' maps of this utterance, 1 = the same", color=theme.muted)


FIGURE = FigureSpec(
    name="head-similarity",
    doc="cosine of every two heads' maps of one utterance, and how similar the heads of two layers are",
    variables=("attention",),
    function=head_similarity,
)
