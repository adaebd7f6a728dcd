"""Entropy of attention over layers: every head, and the mean and the range of each layer."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.head_table import head_positions
from otoscope.figures.style.header import MARGIN, add_header, corpus_caption
from otoscope.figures.style.legend import add_category_legend
from otoscope.figures.style.page import COLUMN, add_axes_mm, add_text_mm, new_page
from otoscope.figures.style.theme import MARKERS, Theme

LEFT, TOP, WIDTH, HEIGHT = 12.0, 24.0, 74.0, 50.0


def entropy_profile(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the profile from the Dataset of a run."""
    figure = new_page(COLUMN, TOP + HEIGHT + 14.5)
    add_header(figure, "Entropy of attention over layers", corpus_caption(dataset), dataset, theme, COLUMN)
    add_category_legend(figure, dataset, LEFT, TOP - 9.5, theme)
    add_text_mm(figure, LEFT, TOP - 4, "entropy of a head, divided by its maximum", weight="bold")
    axes = add_axes_mm(figure, LEFT, TOP, WIDTH, HEIGHT)
    _layers(axes, dataset["normalised_entropy"], theme)
    _heads(axes, dataset, theme)
    axes.set(xlim=(-0.5, dataset.sizes["layer"] - 0.5), ylim=(0, 1.02), xlabel="layer")
    axes.xaxis.set_major_locator(MaxNLocator(12, integer=True, min_n_ticks=1))
    note = "1: uniform attention; line: mean of a layer, area: its range"
    add_text_mm(figure, MARGIN, TOP + HEIGHT + 10, note, color=theme.muted)
    return figure


def _layers(axes: Axes, entropy: xr.DataArray, theme: Theme) -> None:
    """Draw the mean of each layer as a line and its range as an area; skip layers without heads."""
    present = entropy.dropna("layer", how="all")
    low, mean, high = (getattr(present, reduced)("head").values for reduced in ("min", "mean", "max"))
    layers = present["layer"].values
    for layer, bottom, top in zip(layers, low, high, strict=True):
        axes.fill_between((layer - 0.5, layer + 0.5), bottom, top, color=theme.grid, linewidth=0, alpha=0.7)
    axes.hlines(mean, layers - 0.5, layers + 0.5, color=theme.muted, linewidth=1.2)


def _heads(axes: Axes, dataset: xr.Dataset, theme: Theme) -> None:
    """Draw one marker for each head, by its category; the heads of a layer are next to each other."""
    positions = head_positions(dataset)
    for category, marker in MARKERS.items():
        here = dataset["category"].values == category
        values = dataset["normalised_entropy"].values[here]
        (markers,) = axes.plot(positions[here], values, marker, color=theme.categories[category], clip_on=False)
        markers.set(markersize=2.9, markeredgewidth=0.3, markeredgecolor=theme.surface)


FIGURE = FigureSpec(
    name="entropy-profile",
    doc="normalised entropy of every head over layers, with the mean, least and most of each layer",
    variables=("normalised_entropy", "category"),
    function=entropy_profile,
)
