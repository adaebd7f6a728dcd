"""Offsets of diagonal heads: mean attention at each signed distance between key and query."""

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.header import MARGIN, add_header, corpus_caption
from otoscope.figures.style.page import COLUMN, add_axes_mm, add_text_mm, new_page
from otoscope.figures.style.theme import Theme

LEFT, TOP, WIDTH, HEIGHT = 22.0, 19.0, 53.0, 8.5
NAMED = 6
VISIBLE = 0.05  # share of its peak above which a profile must be within the axes
GAP, STACK = 7.0, 13.0


def offset_profiles(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the sharpest diagonal heads of a run's Dataset, each with its profile, and the peaks of all."""
    heads = _diagonal_heads(dataset)
    sharpest = heads.isel(place=slice(NAMED)).sortby("peak")
    reach, n_heads, n_named = _reach(heads["peak"], sharpest), heads.sizes["place"], sharpest.sizes["place"]
    peaks_top = TOP + n_named * HEIGHT + GAP
    figure = new_page(COLUMN, peaks_top + STACK + 9)
    add_header(figure, "Offsets of the diagonal heads", corpus_caption(dataset), dataset, theme, COLUMN)
    add_text_mm(figure, LEFT, TOP - 4, f"attention by offset, sharpest {n_named} of {n_heads}", weight="bold")
    for i in range(n_named):
        _row(figure, sharpest.isel(place=i), TOP + i * HEIGHT, _highest(sharpest), reach, theme)
    add_text_mm(figure, LEFT, peaks_top - 4, f"all {n_heads} heads by the offset of their peak", weight="bold")
    axes = add_axes_mm(figure, LEFT, peaks_top, WIDTH, STACK)
    _peaks(axes, heads["peak"].values, float(np.diff(heads["offset"].values)[0]), theme)
    _share_offsets(axes, reach, theme)
    axes.set_xlabel("key minus query (ms)", labelpad=2)
    return figure


def _diagonal_heads(dataset: xr.Dataset) -> xr.Dataset:
    """Return profiles [place, offset] of the diagonal heads, sharpest first, with offsets and `peak` in ms.

    There is always at least one: the head that ranks first in diagonality.
    """
    milliseconds = dataset["offset"] * dataset.attrs["frame_period"] * 1000
    variables = dataset[["offset_profile", "offset_profile_interval", "category"]].assign_coords(offset=milliseconds)
    flat = variables.stack(place=("layer", "head"), create_index=False).transpose("place", ...)
    heads = flat.isel(place=np.flatnonzero(flat["category"].values == "diagonal")).load()
    heads["peak"] = heads["offset_profile"].idxmax("offset")
    return heads.sortby(-heads["offset_profile"].max("offset"))


def _reach(peaks: xr.DataArray, sharpest: xr.Dataset) -> float:
    """Return half of the range of the axis of offsets, in ms."""
    profile = sharpest["offset_profile"]
    visible = abs(profile["offset"]).where(profile > VISIBLE * profile.max("offset"))
    return 1.1 * max(1.0, float(abs(peaks).max()), float(visible.max()))


def _highest(heads: xr.Dataset) -> float:
    """Return the maximum of profiles and intervals; a single utterance has no intervals."""
    return float(np.nanmax([heads["offset_profile"].max(), heads["offset_profile_interval"].max()]))


def _row(figure: Figure, head: xr.Dataset, top: float, highest: float, reach: float, theme: Theme) -> None:
    """Draw one head: its name, its profile on the common scale, height and offset of its peak."""
    axes = add_axes_mm(figure, LEFT, top, WIDTH, HEIGHT - 0.8)
    _profile(axes, head, theme)
    _share_offsets(axes, reach, theme)
    axes.set(ylim=(0, highest * 1.05), yticks=[])
    axes.tick_params(bottom=False, labelbottom=False)
    bottom = top + HEIGHT - 0.6
    peak = f"{head['offset_profile'].max().item():.2f} at\n{_signed(head['peak'].item())}"
    add_text_mm(figure, MARGIN, bottom, f"layer {head['layer'].item()}, head {head['head'].item()}", va="bottom")
    add_text_mm(figure, LEFT + WIDTH + 1, bottom, peak, va="bottom", color=theme.muted)


def _profile(axes: Axes, head: xr.Dataset, theme: Theme) -> None:
    """Draw the mean as a line over its filled area, the interval as a band."""
    colour, offset = theme.categories["diagonal"], head["offset"].values
    low, high = head["offset_profile_interval"].transpose("bound", "offset").values
    axes.fill_between(offset, head["offset_profile"].values, color=colour, alpha=0.18, linewidth=0)
    axes.fill_between(offset, low, high, color=colour, alpha=0.5, linewidth=0)
    axes.plot(offset, head["offset_profile"].values, color=colour, linewidth=0.9)


def _peaks(axes: Axes, peaks: npt.NDArray[np.floating], step: float, theme: Theme) -> None:
    """Draw the number of heads with their peak at each offset."""
    places, counts = np.unique(peaks, return_counts=True)
    axes.bar(places, counts, width=0.7 * step, color=theme.categories["diagonal"])
    axes.set_yticks([0, counts.max()])


def _share_offsets(axes: Axes, reach: float, theme: Theme) -> None:
    axes.set_xlim(-reach, reach)
    axes.axvline(0, color=theme.grid, linewidth=0.5, zorder=0)
    axes.spines["left"].set_visible(False)


def _signed(milliseconds: float) -> str:
    return f"{milliseconds:+.0f} ms".replace("-", "−") if milliseconds else "0 ms"


FIGURE = FigureSpec(
    name="offset-profiles",
    doc="signed offset profiles of the sharpest diagonal heads with their intervals, and the peaks of all",
    variables=("offset_profile", "offset_profile_interval", "category"),
    function=offset_profiles,
)
