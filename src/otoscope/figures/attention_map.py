"""One head's attention map in its category's colour, with phones along its edges."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from otoscope.figures.page import POINT, place, text_width, write
from otoscope.figures.theme import LETTERS, TEXT_PT, Theme

# Attention over uniform attention (A * T) on a log scale: stripes, blocks and lines all show, and maps compare.
FAINTEST, STRONGEST = 1 / 4, 64
RAMP_GAP = 6.0
SCALE_TICKS = {1 / 4: "¼", 1: "1", 4: "4", 16: "16", 64: "64"}


@dataclass(frozen=True)
class Phones:
    """Phones of an utterance on the grid of its map: symbols [phone], edges (start, end) in frames [phone, 2]."""

    symbols: list[str]
    edges: npt.NDArray[np.floating]


def phones_of(dataset: xr.Dataset) -> Phones:
    """Phones of the Dataset's map, none where it has no labels; frame t spans t - 0.5 to t + 0.5."""
    seconds = np.stack([dataset["phone_start"].values, dataset["phone_end"].values], axis=-1)
    return Phones(
        [str(symbol) for symbol in dataset["phone_symbol"].values], seconds / dataset.attrs["frame_period"] - 0.5
    )


def show_map(axes: Axes, attn_qk: npt.NDArray[np.floating], category: str, theme: Theme) -> None:
    """Fill the axes with a map, queries downward, framed in the category's colour; no ticks yet."""
    times_uniform = np.maximum(attn_qk.astype(np.float32) * len(attn_qk), FAINTEST)
    norm = LogNorm(FAINTEST, STRONGEST, clip=True)
    axes.imshow(times_uniform, norm=norm, cmap=theme.ramp(category), aspect="auto", interpolation_stage="data")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color=theme.categories[category], linewidth=0.8)


def tag(axes: Axes, category: str, theme: Theme, rank: int | None = None) -> None:
    """Letter of the category, and the rank in its list, in the upper right corner (far from the diagonal)."""
    axes.annotate(
        f"{LETTERS[category]}{rank or ''}",
        xy=(1, 1),
        xycoords="axes fraction",
        xytext=(-1.6, -1.6),
        textcoords="offset points",
        ha="right",
        va="top",
        size=TEXT_PT,
        weight="bold",
        color=theme.surface,
        bbox={"boxstyle": "square,pad=0.15", "facecolor": theme.categories[category], "edgecolor": "none"},
    )


def label_keys(axes: Axes, phones: Phones, n_frames: int, frame_period: float, length: float) -> None:
    """Phones (or seconds) along the bottom edge, which is `length` mm long."""
    sizes = [text_width(symbol, TEXT_PT) + 0.9 for symbol in phones.symbols]
    _label(axes.xaxis, phones, sizes, n_frames, frame_period, length)


def label_queries(axes: Axes, phones: Phones, n_frames: int, frame_period: float, length: float) -> None:
    """Phones (or seconds) along the left edge, which is `length` mm long."""
    sizes = [TEXT_PT * POINT + 0.1] * len(phones.symbols)
    _label(axes.yaxis, phones, sizes, n_frames, frame_period, length)


def colour_scales(figure: Figure, left: float, top: float, width: float, theme: Theme) -> None:
    """Key of the three ramps, side by side, below which the multiples of uniform attention are written."""
    step = (width + RAMP_GAP) / 3
    for i, (category, letter) in enumerate(LETTERS.items()):
        write(figure, left + i * step, top, f"{letter} {category}", color=theme.categories[category], weight="bold")
        axes = place(figure, left + i * step, top + 3.8, step - RAMP_GAP, 2)
        scale = np.geomspace(FAINTEST, STRONGEST, 256)
        edges = np.append(scale, STRONGEST)
        axes.pcolormesh(
            edges, [0, 1], scale[None], norm=LogNorm(FAINTEST, STRONGEST), cmap=theme.ramp(category), rasterized=True
        )
        axes.set_xscale("log")
        axes.set_xticks(list(SCALE_TICKS), list(SCALE_TICKS.values()))
        axes.minorticks_off()
        axes.set(yticks=[], xlim=(FAINTEST, STRONGEST))
        axes.spines[:].set_visible(False)
    write(
        figure,
        left,
        top + 10.6,
        "attention of query (row) to key (column), 1 = uniform",
        color=theme.quiet,
    )


def fitting(
    centres: npt.NDArray[np.floating], sizes: list[float], importance: npt.NDArray[np.floating], length: float
) -> list[int]:
    """Which labels to write on an edge so that none touches another or leaves it; the important ones come first.

    Centres, sizes and length in mm. A label may reach half a millimetre over the end of its edge.

    >>> fitting(np.array([2.0, 4.0, 8.0]), [3.0, 3.0, 3.0], np.array([1.0, 2.0, 1.0]), length=10.0)
    [1, 2]
    """
    kept: list[int] = []
    for i in np.argsort(-importance, kind="stable"):
        inside = sizes[i] / 2 - 0.5 <= centres[i] <= length + 0.5 - sizes[i] / 2
        if inside and all(abs(centres[i] - centres[j]) >= (sizes[i] + sizes[j]) / 2 for j in kept):
            kept.append(int(i))
    return sorted(kept)


def _label(axis: Axis, phones: Phones, sizes: list[float], n_frames: int, frame_period: float, length: float) -> None:
    if not phones.symbols:
        _label_seconds(axis, n_frames, frame_period)
        return
    centres, widths = phones.edges.mean(axis=1), np.diff(phones.edges)[:, 0]
    kept = fitting((centres + 0.5) / n_frames * length, sizes, widths, length)
    axis.set_ticks(np.unique(np.clip(phones.edges, -0.5, n_frames - 0.5)), labels=[])
    axis.set_ticks(centres[kept], labels=[phones.symbols[i] for i in kept], minor=True)
    axis.set_tick_params(which="minor", length=0)
    axis.set_tick_params(which="major", length=1.5, width=0.3)


def _label_seconds(axis: Axis, n_frames: int, frame_period: float) -> None:
    last = n_frames * frame_period
    digits = max(0, int(np.ceil(-np.log10(last))))
    end = np.floor(last * 10**digits) / 10**digits
    axis.set_ticks([-0.5, end / frame_period - 0.5], labels=["0", f"{end:.{digits}f} s"])
