"""Norms and effective ranks of the matrices of heads, by layer, from weights alone."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, new_page
from otoscope.figures.style.panels import make_panels, tick_step

TOP = 13.0
PANELS = {
    "qk_effective_rank": ("scores (QK)", "effective rank"),
    "ov_effective_rank": ("outputs (OV)", "effective rank"),
    "qk_norm": ("scores (QK)", "norm"),
    "ov_norm": ("outputs (OV)", "norm"),
}
"""Title and name of the vertical axis, by measure."""
NOTE = "a dot for each head, a line for the mean of a layer; from weights, which have no intervals"


def weight_ranks(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the numbers from the Dataset of a run of weights."""
    width, theme = design.width(FULL_WIDTH), design.theme
    panels = make_panels(len(PANELS), width, TOP, note_height(NOTE, width))
    page = new_page(design, width, panels.bottom + note_height(NOTE, width))
    add_header(page, "Norms and effective ranks of heads", "from weights alone", dataset, design)
    layers = dataset["layer"].values
    step = tick_step([str(layer) for layer in layers], panels.axes_width)
    for index, (name, (title, quantity)) in enumerate(PANELS.items()):
        axes = panels.add(page, index, title)
        values_lh = dataset[name].values
        has_heads = ~np.isnan(values_lh).all(1)
        across = np.broadcast_to(layers[:, None], values_lh.shape)
        axes.plot(across.ravel(), values_lh.ravel(), "o", color=theme.muted, markersize=2.2, linestyle="none")
        axes.plot(layers[has_heads], np.nanmean(values_lh[has_heads], axis=1), color=theme.foreground, linewidth=1)
        axes.set(xticks=layers[::step], xlim=(layers[0] - 0.5, layers[-1] + 0.5), ylim=(0, None))
        panels.name(page, axes, index, f"{quantity} ({dataset[name].attrs['units']})")
        if panels.is_lowest(index):
            axes.set_xlabel("layer")
    add_note(page, panels.bottom, NOTE, theme)
    return page


FIGURE = FigureSpec(
    name="weight-ranks",
    doc="norms and effective ranks of the matrices by which heads score and write, by layer",
    variables=tuple(PANELS),
    function=weight_ranks,
    kind="weights",
)
