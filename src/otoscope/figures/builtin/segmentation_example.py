"""Segmentation of one utterance by the best head: its map, the similarity of its rows, the score and its minima."""

from itertools import pairwise

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from otoscope.figures.attention_map import FAINTEST, SCALE_TICKS, STRONGEST
from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.colour_bar import BELOW_BAR, ColourScale, add_colour_bar
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, utterance_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import (
    FULL_WIDTH,
    LINE_SPACING,
    WIDE,
    BoxMm,
    Page,
    add_axes_mm,
    add_legend_mm,
    add_text_mm,
    new_page,
)
from otoscope.figures.style.theme import Theme
from otoscope.figures.unit_names import name_units
from otoscope.maps.pooling import block_means

LEFT, TOP, RIGHT, TITLE, AXIS = 13.0, 14.0, 3.0, 5.0, 9.0
SCORE_HEIGHT, LEGEND = 24.0, 5.0
PIXELS = 900  # of the edge of a picture
NOTE = (
    "labelled boundaries are above the diagonal of the maps, predicted ones, the minima of the score, below it; one "
    "utterance: no intervals"
)


def segmentation_example(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the example that the Dataset of a segmentation holds."""
    width, theme = design.width(FULL_WIDTH), design.theme
    columns = 2 if width >= WIDE else 1
    across = (width - RIGHT) / columns if columns == 2 else min(width - RIGHT, 75.0)
    panel = TITLE + across - LEFT + AXIS + BELOW_BAR + 3
    score_top = TOP + panel * 2 / columns + LEGEND + TITLE
    bottom = score_top + SCORE_HEIGHT + AXIS + 1
    page = new_page(design, width, bottom + note_height(NOTE, width))
    layer, head = dataset.attrs["shown_head"]
    heading = f"{dataset.attrs.get('level', 'phone').capitalize()} boundaries of layer {layer}, head {head}"
    add_header(page, heading, utterance_caption(dataset), dataset, design)
    for index, (title, (picture, scale)) in enumerate(_pictures(dataset, theme).items()):
        left, top = LEFT + index % columns * across, TOP + TITLE + index // columns * panel
        add_text_mm(page, left, top - 4, title, weight="bold")
        _draw_picture(page, dataset, picture, scale, BoxMm(left, top, across - LEFT), theme)
    _add_legend(page, score_top - LEGEND - TITLE, theme)
    score_width = width - LEFT - RIGHT
    axes = add_axes_mm(page, LEFT, score_top, score_width, SCORE_HEIGHT)
    _score(axes, dataset, theme)
    start, end, _, _ = _extent(dataset)
    name_units(axes, dataset, (start, end), score_width)
    add_note(page, bottom, NOTE, theme)
    return page


def _pictures(dataset: xr.Dataset, theme: Theme) -> dict[str, tuple[np.ndarray, ColourScale]]:
    """Return title, pixels and colour scale of each picture."""
    over_uniform = dataset.sizes["key"] * block_means(dataset["attention"].values, PIXELS)
    similar = block_means(dataset["kernel_gram"].values, PIXELS)
    grey, ends = _grey(theme), {0: "0", 0.5: "0.5", 1: "1"}
    norm = LogNorm(FAINTEST, STRONGEST, clip=True)
    return {
        "attention map": (over_uniform, ColourScale(grey, norm, SCALE_TICKS, "attention (times uniform)")),
        "similarity of its rows": (similar, ColourScale(grey, Normalize(0, 1), ends, "kernel-gram (1 = the same)")),
    }


def _draw_picture(
    page: Page, dataset: xr.Dataset, picture: np.ndarray, scale: ColourScale, square: BoxMm, theme: Theme
) -> None:
    axes = add_axes_mm(page, square.left, square.top, square.side, square.side)
    axes.imshow(picture, norm=scale.norm, cmap=scale.colours, extent=_extent(dataset), interpolation_stage="data")
    _draw_phones(axes, dataset, theme)
    axes.set_xlabel("key: time (s)", labelpad=1)
    axes.set_ylabel("query: time (s)", labelpad=2)
    add_colour_bar(page, square.left, square.top + square.side + AXIS + 1, min(50.0, square.side), scale)


def _extent(dataset: xr.Dataset) -> tuple[float, float, float, float]:
    """Return the times at the edges of the map, in seconds."""
    period = dataset.attrs["frame_period"]
    start = dataset.attrs["first_centre"] - period / 2
    end = start + dataset.sizes["query"] * period
    return start, end, end, start


def _draw_phones(axes: Axes, dataset: xr.Dataset, theme: Theme) -> None:
    """Draw steps along the diagonal: the true phones above it, the predicted ones below it."""
    start, end, _, _ = _extent(dataset)
    for name, colour, above in (
        ("true", theme.categories["global"], True),
        ("found", theme.categories["vertical"], False),
    ):
        times = np.concatenate([[start], dataset[f"{name}_boundary"].values, [end]])
        corners = [corner for a, b in pairwise(times) for corner in ((a, a), (b, a) if above else (a, b), (b, b))]
        axes.plot(*zip(*corners, strict=True), color=colour, linewidth=0.8)
    axes.set(xlim=(start, end), ylim=(end, start))


def _add_legend(page: Page, top: float, theme: Theme) -> None:
    """Add the legend of the two kinds of boundaries."""
    labelled = Line2D([], [], color=theme.categories["global"], linewidth=0.8, label="labelled (above)")
    predicted = Line2D([], [], color=theme.categories["vertical"], marker="^", linewidth=0.8, markersize=4)
    predicted.set_label("predicted (below)")
    add_legend_mm(page, LEFT, top, [labelled, predicted], 2, LINE_SPACING)


def _score(axes: Axes, dataset: xr.Dataset, theme: Theme) -> None:
    """Draw the score over time, true boundaries as lines, and minima as triangles."""
    start, end, _, _ = _extent(dataset)
    score, predicted = dataset["score"], dataset["found_boundary"].values
    height, colour = axes.get_xaxis_transform(), theme.categories["global"]
    axes.vlines(dataset["true_boundary"].values, 0, 1, color=colour, linewidth=0.6, transform=height)
    axes.plot(score["label_frame"].values, score.values, color=theme.foreground, linewidth=0.8)
    minima = np.interp(predicted, score["label_frame"].values, score.values)
    axes.plot(predicted, minima, "^", color=theme.categories["vertical"], markersize=4)
    axes.set(
        xlim=(start, end), ylim=(-0.05 * score.max().item(), None), xlabel="time (s)", ylabel="score (similar pairs)"
    )


def _grey(theme: Theme) -> Colormap:
    return LinearSegmentedColormap.from_list(f"{theme.name}-grey", [theme.surface, theme.peak])


FIGURE = FigureSpec(
    name="segmentation-example",
    doc="one utterance: the best head's map, the similarity of its rows, the score, labelled and predicted boundaries",
    variables=("attention", "kernel_gram", "score", "true_boundary", "found_boundary", "phone_symbol"),
    function=segmentation_example,
    kind="segmentation",
)
