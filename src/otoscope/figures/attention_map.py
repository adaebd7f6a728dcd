"""One head's attention map in its category's colour, with phones along its edges."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from otoscope.figures.style.page import MM_PER_INCH, POINT, BoxMm, add_axes_mm, add_text_mm, text_width
from otoscope.figures.style.theme import LETTERS, TEXT_PT, Theme
from otoscope.maps.pooling import block_means

# Attention over uniform attention (A * T) on a log scale: stripes, blocks and lines all show, and maps compare.
FAINTEST, STRONGEST = 1 / 4, 64
RAMP_GAP, TICK, OVERHANG = 6.0, 0.5, 0.7  # mm
PIXELS_PER_INCH = 600  # kept of a map: twice what is printed

Floats = npt.NDArray[np.floating]
SCALE_TICKS = {1 / 4: "¼", 1: "1", 4: "4", 16: "16", 64: "64"}


@dataclass(frozen=True)
class AxisLabels:
    """What is written along an edge of a map; places from 0 to 1 of the edge, the important labels first to stay."""

    ticks: Floats
    labels: list[str]
    centres: Floats
    importance: Floats


def axis_labels(dataset: xr.Dataset) -> AxisLabels:
    """Phones of the Dataset's map: a tick at each boundary, the symbol between; seconds where it has no labels."""
    seconds = dataset.sizes["query"] * dataset.attrs["frame_period"]
    if not dataset.sizes["phone"]:
        return _seconds(seconds)
    start, end = (np.clip(dataset[name].values / seconds, 0, 1) for name in ("phone_start", "phone_end"))
    symbols = [str(symbol) for symbol in dataset["phone_symbol"].values]
    return AxisLabels(np.unique([start, end]), symbols, (start + end) / 2, end - start)


def show_map(sheet: Axes, square: BoxMm, attn_qk: Floats, category: str, theme: Theme) -> None:
    """Put a map on the sheet, queries downward, framed in the category's colour."""
    show_weights(sheet, square, attn_qk, theme.ramp(category), theme.categories[category])


def show_weights(sheet: Axes, square: BoxMm, attn_qk: Floats, ramp: Colormap, edge: str) -> None:
    """Put weights on the sheet, queries downward, by how many times uniform attention they are."""
    left, top, side = square
    times_uniform = len(attn_qk) * block_means(attn_qk, max_blocks=int(side / MM_PER_INCH * PIXELS_PER_INCH))
    sheet.imshow(
        np.maximum(times_uniform, FAINTEST),
        norm=LogNorm(FAINTEST, STRONGEST, clip=True),
        cmap=ramp,
        extent=(left, left + side, top + side, top),
        aspect="auto",
        interpolation_stage="data",
    )
    sheet.add_patch(Rectangle((left, top), side, side, fill=False, edgecolor=edge, linewidth=0.8))


def draw_badge(sheet: Axes, square: BoxMm, category: str, theme: Theme, rank: int | None = None) -> None:
    """Letter of the category, and the rank in its list, in the upper right corner (far from the diagonal)."""
    sheet.text(
        square.left + square.side - 0.6,
        square.top + 0.6,
        f"{LETTERS[category]}{rank or ''}",
        ha="right",
        va="top",
        weight="bold",
        color=theme.surface,
        bbox={"boxstyle": "square,pad=0.15", "facecolor": theme.categories[category], "edgecolor": "none"},
    )


def label_keys(sheet: Axes, square: BoxMm, marks: AxisLabels, theme: Theme) -> None:
    """Marks along the bottom edge."""
    left, top, side = square
    edge = top + side
    ticks = [[(left + side * at, edge), (left + side * at, edge + TICK)] for at in marks.ticks]
    sheet.add_collection(LineCollection(ticks, colors=theme.muted, linewidths=0.3), autolim=False)
    sizes = [text_width(label, TEXT_PT) + 1.1 for label in marks.labels]
    for i in select_non_overlapping(side * marks.centres, sizes, marks.importance, side):
        sheet.text(left + side * marks.centres[i], edge + 2 * TICK, marks.labels[i], ha="center", va="top")


def label_queries(sheet: Axes, square: BoxMm, marks: AxisLabels, theme: Theme) -> None:
    """Marks along the left edge."""
    left, top, side = square
    ticks = [[(left, top + side * at), (left - TICK, top + side * at)] for at in marks.ticks]
    sheet.add_collection(LineCollection(ticks, colors=theme.muted, linewidths=0.3), autolim=False)
    sizes = [TEXT_PT * POINT + 0.1] * len(marks.labels)
    for i in select_non_overlapping(side * marks.centres, sizes, marks.importance, side):
        position = (left - 2 * TICK, top + side * marks.centres[i])
        sheet.text(*position, marks.labels[i], ha="right", va="center_baseline")


def colour_scales(figure: Figure, left: float, top: float, width: float, theme: Theme) -> None:
    """Key of the three ramps, side by side, below which the multiples of uniform attention are written."""
    step = (width + RAMP_GAP) / 3
    for i, (category, letter) in enumerate(LETTERS.items()):
        add_text_mm(
            figure, left + i * step, top, f"{letter} {category}", color=theme.categories[category], weight="bold"
        )
        colour_scale(add_axes_mm(figure, left + i * step, top + 3.8, step - RAMP_GAP, 2), theme.ramp(category))
    add_text_mm(
        figure,
        left,
        top + 10.6,
        "attention of query (row) to key (column), 1 = uniform",
        color=theme.muted,
    )


def colour_scale(axes: Axes, ramp: Colormap) -> None:
    """A ramp from the faintest to the strongest, with the multiples of uniform attention beneath."""
    scale = np.geomspace(FAINTEST, STRONGEST, 256)
    edges = np.append(scale, STRONGEST)
    axes.pcolormesh(edges, [0, 1], scale[None], norm=LogNorm(FAINTEST, STRONGEST), cmap=ramp, rasterized=True)
    axes.set_xscale("log")
    axes.set_xticks(list(SCALE_TICKS), list(SCALE_TICKS.values()))
    axes.minorticks_off()
    axes.set(yticks=[], xlim=(FAINTEST, STRONGEST))
    axes.spines[:].set_visible(False)


def select_non_overlapping(centres: Floats, sizes: list[float], importance: Floats, length: float) -> list[int]:
    """Which labels to write on an edge so that none touches another or leaves it; the important ones come first.

    Centres, sizes and length in mm; a label may reach a little over the end of its edge.

    >>> select_non_overlapping(np.array([2.0, 4.0, 8.0]), [3.0, 3.0, 3.0], np.array([1.0, 2.0, 1.0]), length=10.0)
    [1, 2]
    """
    kept: list[int] = []
    for i in np.argsort(-importance, kind="stable"):
        inside = sizes[i] / 2 - OVERHANG <= centres[i] <= length + OVERHANG - sizes[i] / 2
        if inside and all(abs(centres[i] - centres[j]) >= (sizes[i] + sizes[j]) / 2 for j in kept):
            kept.append(int(i))
    return sorted(kept)


def _seconds(length: float) -> AxisLabels:
    """Ticks at 0 and at a round number of seconds, which is labelled, clear of the end."""
    digits = max(0, int(np.ceil(-np.log10(0.85 * length))))
    last = np.floor(0.85 * length * 10**digits) / 10**digits
    return AxisLabels(
        np.array([0, last / length]), [f"{last:.{digits}f} s"], np.array([last / length]), np.array([1.0])
    )
