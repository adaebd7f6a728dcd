"""Entropy of attention over layers: every head, and the mean and the range of each layer."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.head_table import draw_heads, format_layer_axis, head_positions
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.legend import add_category_legend
from otoscope.figures.style.note import add_note, interval_note, note_height
from otoscope.figures.style.page import COLUMN, add_axes_mm, name_vertical, new_page
from otoscope.figures.style.theme import Theme

LEFT, TOP, RIGHT, HEIGHT, BELOW = 13.0, 19.0, 2.0, 50.0, 9.5


def entropy_profile(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the profile from the Dataset of a run."""
    width, theme = design.width(COLUMN), design.theme
    bars = interval_note(dataset, "normalised_entropy")
    note = f"1: uniform attention; line: mean of a layer; area: its range; {bars}"
    page = new_page(design, width, TOP + HEIGHT + BELOW + note_height(note, width))
    add_header(page, "Entropy of attention over layers", corpus_caption(dataset), dataset, design)
    add_category_legend(page, dataset, LEFT, TOP - 5.5, theme)
    axes = add_axes_mm(page, LEFT, TOP, width - LEFT - RIGHT, HEIGHT)
    _layers(axes, dataset["normalised_entropy"], theme)
    values, ends = dataset["normalised_entropy"].values, dataset["normalised_entropy_interval"].values
    draw_heads(axes, dataset, (head_positions(dataset), values), ends, design)
    format_layer_axis(axes, dataset.sizes["layer"], width - LEFT - RIGHT, theme)
    axes.set(ylim=(0, 1.02))
    axes.set_xlabel("layer", labelpad=2)
    name_vertical(page, axes, "entropy (share of its maximum)")
    add_note(page, TOP + HEIGHT + BELOW, note, theme)
    return page


def _layers(axes: Axes, entropy: xr.DataArray, theme: Theme) -> None:
    """Draw the mean of each layer as a line and its range as an area; skip layers without heads."""
    present = entropy.dropna("layer", how="all")
    low, mean, high = (getattr(present, reduced)("head").values for reduced in ("min", "mean", "max"))
    layers = present["layer"].values
    for layer, bottom, top in zip(layers, low, high, strict=True):
        axes.fill_between((layer - 0.5, layer + 0.5), bottom, top, color=theme.grid, linewidth=0, alpha=0.7)
    axes.hlines(mean, layers - 0.5, layers + 0.5, color=theme.muted, linewidth=1.2)


FIGURE = FigureSpec(
    name="entropy-profile",
    doc="normalised entropy of every head over layers with its interval, and the mean and range of each layer",
    variables=("normalised_entropy", "normalised_entropy_interval", "category"),
    function=entropy_profile,
    has_choice=True,
)
