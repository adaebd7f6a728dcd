"""One head's attention map in its category's colour, with phones along its edges."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, LogNorm
from matplotlib.patches import Rectangle

from otoscope.figures.style.colour_bar import BELOW_BAR, ColourScale, add_colour_bar
from otoscope.figures.style.page import MM_PER_INCH, POINT, BoxMm, Page, add_text_mm, text_width
from otoscope.figures.style.theme import LETTERS, TEXT_PT, Theme
from otoscope.maps.pooling import block_means
from otoscope.typing import AnyFloats

# Attention over uniform attention (A * T) on a log scale: stripes, blocks and lines all show, and maps compare.
FAINTEST, STRONGEST = 1 / 4, 64
RAMP_GAP, TICK, OVERHANG = 6.0, 0.5, 0.7  # mm
PIXELS_PER_INCH = 600  # of a map: twice what is printed

SCALE_TICKS = {1 / 4: "¼", 1: "1", 4: "4", 16: "16", 64: "64"}
SCALES_HEIGHT = 4.0 + BELOW_BAR
"""Height in mm of the legend of the colour scales of categories."""
NOTE = "rows: queries, columns: keys; 1 = uniform attention"


@dataclass(frozen=True)
class AxisLabels:
    """Ticks and labels along an edge of a map, at positions from 0 to 1; important labels are drawn first."""

    ticks: AnyFloats
    labels: list[str]
    centres: AnyFloats
    importance: AnyFloats


def axis_labels(dataset: xr.Dataset) -> AxisLabels:
    """Return the phones of the Dataset's map, with a tick at each boundary; seconds if it has no labels."""
    seconds = dataset.sizes["query"] * dataset.attrs["frame_period"]
    if not dataset.sizes["phone"]:
        return _seconds(seconds)
    start, end = (np.clip(dataset[name].values / seconds, 0, 1) for name in ("phone_start", "phone_end"))
    symbols = [str(symbol) for symbol in dataset["phone_symbol"].values]
    return AxisLabels(np.unique([start, end]), symbols, (start + end) / 2, end - start)


def show_map(sheet: Axes, square: BoxMm, attn_qk: AnyFloats, category: str, theme: Theme) -> None:
    """Draw a map, queries downward, framed in the category's colour."""
    show_weights(sheet, square, attn_qk, theme.ramp(category), theme.categories[category])


def show_weights(sheet: Axes, square: BoxMm, attn_qk: AnyFloats, ramp: Colormap, edge: str) -> None:
    """Draw weights relative to uniform attention, queries downward."""
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
    """Draw the category's letter and the rank in the upper right corner, far from the diagonal."""
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


def label_keys(sheet: Axes, square: BoxMm, labels: AxisLabels, theme: Theme) -> None:
    """Draw ticks and labels along the bottom edge."""
    left, top, side = square
    edge = top + side
    ticks = [[(left + side * tick, edge), (left + side * tick, edge + TICK)] for tick in labels.ticks]
    sheet.add_collection(LineCollection(ticks, colors=theme.muted, linewidths=0.3), autolim=False)
    sizes = [text_width(label, TEXT_PT) + 1.1 for label in labels.labels]
    for i in select_non_overlapping(side * labels.centres, sizes, labels.importance, side):
        sheet.text(left + side * labels.centres[i], edge + 2 * TICK, labels.labels[i], ha="center", va="top")


def label_queries(sheet: Axes, square: BoxMm, labels: AxisLabels, theme: Theme) -> None:
    """Draw ticks and labels along the left edge."""
    left, top, side = square
    ticks = [[(left, top + side * tick), (left - TICK, top + side * tick)] for tick in labels.ticks]
    sheet.add_collection(LineCollection(ticks, colors=theme.muted, linewidths=0.3), autolim=False)
    sizes = [TEXT_PT * POINT + 0.1] * len(labels.labels)
    for i in select_non_overlapping(side * labels.centres, sizes, labels.importance, side):
        position = (left - 2 * TICK, top + side * labels.centres[i])
        sheet.text(*position, labels.labels[i], ha="right", va="center_baseline")


def category_scales(page: Page, left: float, top: float, width: float, theme: Theme) -> None:
    """Draw the colour scale of each category, with multiples of uniform attention."""
    step = (width + RAMP_GAP) / len(LETTERS)
    for i, (category, letter) in enumerate(LETTERS.items()):
        colour, scale = theme.categories[category], weight_scale(theme.ramp(category), "(times uniform)")
        add_text_mm(page, left + i * step, top, f"{letter} {category}", color=colour, weight="bold")
        add_colour_bar(page, left + i * step, top + 3.8, step - RAMP_GAP, scale)


def weight_scale(ramp: Colormap, label: str = "attention (times uniform)") -> ColourScale:
    """Return the scale of attention weights, in multiples of uniform attention, from the faintest to the strongest."""
    return ColourScale(ramp, LogNorm(FAINTEST, STRONGEST), SCALE_TICKS, label)


def select_non_overlapping(centres: AnyFloats, sizes: list[float], importance: AnyFloats, length: float) -> list[int]:
    """Return the indices of the labels that fit on an edge without touching each other, important ones first.

    Args:
        centres: centre of each label, in mm.
        sizes: size of each label, in mm.
        importance: importance of each label.
        length: length of the edge, in mm; a label may extend a little over the ends.

    Examples:
        >>> select_non_overlapping(np.array([2.0, 4.0, 8.0]), [3.0, 3.0, 3.0], np.array([1.0, 2.0, 1.0]), length=10.0)
        [1, 2]
    """
    selected: list[int] = []
    for i in np.argsort(-importance, kind="stable"):
        inside = sizes[i] / 2 - OVERHANG <= centres[i] <= length + OVERHANG - sizes[i] / 2
        if inside and all(abs(centres[i] - centres[j]) >= (sizes[i] + sizes[j]) / 2 for j in selected):
            selected.append(int(i))
    return sorted(selected)


def _seconds(length: float) -> AxisLabels:
    """Return ticks at 0 and at a round number of seconds before the end, with its label."""
    digits = max(0, int(np.ceil(-np.log10(0.85 * length))))
    last = np.floor(0.85 * length * 10**digits) / 10**digits
    return AxisLabels(
        np.array([0, last / length]), [f"{last:.{digits}f} s"], np.array([last / length]), np.array([1.0])
    )
