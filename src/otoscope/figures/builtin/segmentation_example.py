"""Segmentation of one utterance by the best head: its map, the similarity of its rows, the score and its minima."""

from itertools import pairwise

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.figure import Figure

from otoscope.figures.attention_map import FAINTEST, STRONGEST, select_non_overlapping
from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.header import add_header, utterance_caption
from otoscope.figures.style.page import FULL_WIDTH, add_axes_mm, add_text_mm, new_page, text_width
from otoscope.figures.style.theme import TEXT_PT, Theme
from otoscope.maps.pooling import block_means

LEFT, TOP, SIDE, BETWEEN = 12.0, 20.0, 78.0, 8.0
SCORE_TOP, SCORE_HEIGHT = TOP + SIDE + 20, 26.0
PIXELS = 900  # of the edge of a picture


def segmentation_example(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the example that the Dataset of a segmentation holds."""
    figure = new_page(FULL_WIDTH, SCORE_TOP + SCORE_HEIGHT + 10)
    layer, head = dataset.attrs["shown_head"]
    heading = f"Phone boundaries of layer {layer}, head {head}"
    add_header(figure, heading, utterance_caption(dataset), dataset, theme, LEFT + 2 * SIDE)
    over_uniform = dataset.sizes["key"] * block_means(dataset["attention"].values, PIXELS)
    similar = block_means(dataset["kernel_gram"].values, PIXELS)
    pictures = {
        "attention map: query (down), key (across)": (over_uniform, LogNorm(FAINTEST, STRONGEST, clip=True)),
        "kernel-gram matrix: similarity of its rows": (similar, Normalize(0, 1)),
    }
    for column, (heading, (picture, norm)) in enumerate(pictures.items()):
        left = LEFT + column * (SIDE + BETWEEN)
        add_text_mm(figure, left, TOP - 4, heading, weight="bold")
        axes = add_axes_mm(figure, left, TOP, SIDE, SIDE)
        axes.imshow(picture, norm=norm, cmap=_grey(theme), extent=_extent(dataset), interpolation_stage="data")
        _draw_phones(axes, dataset, theme)
    _key(figure, TOP + SIDE + 7, theme)
    _score(add_axes_mm(figure, LEFT, SCORE_TOP, 2 * SIDE + BETWEEN, SCORE_HEIGHT), dataset, theme)
    return figure


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
    axes.set(xlim=(start, end), ylim=(end, start), xlabel="time (s)")
    axes.xaxis.labelpad = 1


def _key(figure: Figure, top: float, theme: Theme) -> None:
    """Draw the legend of the two kinds of boundaries."""
    entries = {
        "labelled: above the diagonal, lines": "global",
        "predicted: below the diagonal, triangles": "vertical",
    }
    for column, (text, category) in enumerate(entries.items()):
        add_text_mm(figure, LEFT + column * (SIDE + BETWEEN), top, text, color=theme.categories[category])


def _score(axes: Axes, dataset: xr.Dataset, theme: Theme) -> None:
    """Draw the score over time, true boundaries as lines, minima as triangles, and the phones."""
    start, end, _, _ = _extent(dataset)
    score, predicted = dataset["score"], dataset["found_boundary"].values
    axes.vlines(
        dataset["true_boundary"].values,
        0,
        1,
        transform=axes.get_xaxis_transform(),
        color=theme.categories["global"],
        linewidth=0.6,
    )
    axes.plot(score["label_frame"].values, score.values, color=theme.foreground, linewidth=0.8)
    axes.plot(
        predicted,
        np.interp(predicted, score["label_frame"].values, score.values),
        "^",
        color=theme.categories["vertical"],
        markersize=4,
    )
    axes.set(xlim=(start, end), ylim=(-0.05 * score.max().item(), None), xlabel="time (s)", ylabel="score")
    _name_phones(axes, dataset, end - start)


def _name_phones(axes: Axes, dataset: xr.Dataset, seconds: float) -> None:
    width = 2 * SIDE + BETWEEN
    starts, ends = dataset["phone_start"].values, dataset["phone_end"].values
    symbols = [str(symbol) for symbol in dataset["phone_symbol"].values]
    centres = (starts + ends) / 2
    sizes = [text_width(symbol, TEXT_PT) + 1.1 for symbol in symbols]
    for i in select_non_overlapping(centres / seconds * width, sizes, ends - starts, width):
        axes.text(centres[i], 1.03, symbols[i], transform=axes.get_xaxis_transform(), ha="center", va="bottom")


def _grey(theme: Theme) -> Colormap:
    return LinearSegmentedColormap.from_list(f"{theme.name}-grey", [theme.surface, theme.peak])


FIGURE = FigureSpec(
    name="segmentation-example",
    doc="one utterance: the best head's map, the similarity of its rows, the score, labelled and predicted boundaries",
    variables=("attention", "kernel_gram", "score", "true_boundary", "found_boundary", "phone_symbol"),
    function=segmentation_example,
    kind="segmentation",
)
