"""Offsets of diagonal heads: mean attention at each signed distance between key and query."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, interval_note, note_height
from otoscope.figures.style.page import COLUMN, add_axes_mm, add_text_mm, name_vertical, new_page
from otoscope.figures.style.theme import Theme

LEFT, TOP, RIGHT, ROW = 15.0, 18.5, 22.5, 8.5
SHARPEST = 6
GAP, STACK, AXIS = 5.5, 13.0, 9.0
WIDEST, BEYOND = 1.05, 2.0
"""Height of a row over its highest band, and the highest band over the highest profile; higher bands are cut."""
FLAT = 0.25  # share of the highest profile below which a profile does not widen the axis


def offset_profiles(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the sharpest diagonal heads of a run's Dataset, or the heads of the Design, and the peaks of all."""
    width, theme = design.width(COLUMN), design.theme
    heads = _profiles(dataset)
    diagonal = heads.isel(place=np.flatnonzero(heads["category"].values == "diagonal"))
    shown = _chosen(heads, design) if design.heads else diagonal.isel(place=slice(SHARPEST)).sortby("peak")
    n_shown, n_diagonal = shown.sizes["place"], diagonal.sizes["place"]
    note = f"right: highest share of a query's attention, and its offset; {_bands(dataset)}"
    peaks_top = TOP + n_shown * ROW + AXIS + GAP
    page = new_page(design, width, peaks_top + STACK + AXIS + note_height(note, width))
    add_header(page, "Offsets of the diagonal heads", corpus_caption(dataset), dataset, design)
    title = "chosen heads" if design.heads else f"the sharpest {n_shown} of {n_diagonal} diagonal heads"
    add_text_mm(page, LEFT, TOP - 4, title, weight="bold")
    rows = add_axes_mm(page, LEFT, TOP, width - LEFT - RIGHT, n_shown * ROW)
    _draw_rows(rows, shown, theme)
    name_vertical(page, rows, "layer.head")
    add_text_mm(page, LEFT, peaks_top - 4, f"all {n_diagonal} diagonal heads by their peak", weight="bold")
    peaks = add_axes_mm(page, LEFT, peaks_top, width - LEFT - RIGHT, STACK)
    _draw_peaks(peaks, diagonal, theme)
    name_vertical(page, peaks, "heads")
    add_note(page, peaks_top + STACK + AXIS, note, theme)
    return page


def _bands(dataset: xr.Dataset) -> str:
    return interval_note(dataset, "offset_profile", drawn="bands")


def _profiles(dataset: xr.Dataset) -> xr.Dataset:
    """Return profiles [place, offset] of the heads, sharpest first, with offsets and `peak` in ms."""
    milliseconds = dataset["offset"] * dataset.attrs["frame_period"] * 1000
    variables = dataset[["offset_profile", "offset_profile_interval", "category"]].assign_coords(offset=milliseconds)
    flat = variables.stack(place=("layer", "head"), create_index=False).transpose("place", ...)
    heads = flat.isel(place=np.flatnonzero(flat["category"].values != "")).load()
    heads["peak"] = heads["offset_profile"].idxmax("offset")
    return heads.sortby(-heads["offset_profile"].max("offset"))


def _chosen(heads: xr.Dataset, design: Design) -> xr.Dataset:
    """Return the profiles of the heads that the Design names, the first at the top."""
    places = {head: place for place, head in enumerate(zip(heads["layer"].values, heads["head"].values, strict=True))}
    return heads.isel(place=[places[head] for head in reversed(design.heads)])


def visible_reach(heads: xr.Dataset) -> float:
    """Return half of the range of offsets in ms that holds what differs: each peak with its width at half height.

    A profile that nowhere falls to half its height on a side has no width there, and does not count; nor does one that
    is flat next to the highest.
    """
    offset, highest = heads["offset"].values, float(heads["offset_profile"].max())
    reach = [4 * abs(offset[1] - offset[0])]
    for profile, peak in zip(heads["offset_profile"].values, heads["peak"].values, strict=True):
        if profile.max() < FLAT * highest:
            continue
        faint = offset[profile < profile.max() / 2]
        before, after = faint[faint < peak], faint[faint > peak]
        reach += [abs(peak), *np.abs(before[-1:]), *np.abs(after[:1])]
    return min(1.5 * float(max(reach)), float(np.abs(offset).max()))


def _draw_rows(axes: Axes, heads: xr.Dataset, theme: Theme) -> None:
    """Draw the profile of each head on its own line, on a common scale, with its band; the first at the bottom."""
    colour, offset = theme.categories["diagonal"], heads["offset"].values
    profiles, bounds = heads["offset_profile"].values, heads["offset_profile_interval"]
    lows, highs = (bounds.sel(bound=end).transpose("place", "offset").values for end in ("low", "high"))
    reach = visible_reach(heads)
    band = float(np.nanmax(np.nan_to_num(highs[:, np.abs(offset) <= reach])))
    scale = WIDEST * float(np.clip(band, profiles.max(), BEYOND * profiles.max()))
    tops = np.minimum(highs / scale, 1)
    for row, (profile, low, high) in enumerate(zip(profiles, lows / scale, tops, strict=True)):
        axes.fill_between(offset, row, row + profile / scale, color=colour, alpha=0.18, linewidth=0)
        axes.fill_between(offset, row + low, row + high, color=colour, alpha=0.5, linewidth=0)
        axes.plot(offset, row + profile / scale, color=colour, linewidth=0.9)
        axes.axhline(row, color=theme.muted, linewidth=0.4, zorder=0)
        peak = f"{profile.max():.2f} at {_signed(float(heads['peak'].values[row]))}"
        axes.annotate(peak, (1, row), (3, 1), axes.get_yaxis_transform(), "offset points", color=theme.muted)
    names = [f"{layer}.{head}" for layer, head in zip(heads["layer"].values, heads["head"].values, strict=True)]
    axes.set_yticks(np.arange(len(names)), names)
    axes.set(xlim=(-reach, reach), ylim=(0, len(names)), xlabel="key minus query (ms)")
    axes.tick_params(axis="y", length=0)
    axes.axvline(0, color=theme.grid, linewidth=0.5, zorder=0)
    axes.spines["left"].set_visible(False)


def _draw_peaks(axes: Axes, heads: xr.Dataset, theme: Theme) -> None:
    """Draw the number of heads with their peak at each offset."""
    step = float(np.diff(heads["offset"].values)[0])
    places, counts = np.unique(heads["peak"].values, return_counts=True)
    axes.bar(places, counts, width=0.7 * step, color=theme.categories["diagonal"])
    reach = max(4 * step, float(np.abs(places).max()) + 2 * step)
    axes.set(xlim=(-reach, reach), xlabel="key minus query (ms)")
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    axes.axvline(0, color=theme.grid, linewidth=0.5, zorder=0)


def _signed(milliseconds: float) -> str:
    return f"{milliseconds:+.0f} ms".replace("-", "−") if milliseconds else "0 ms"


FIGURE = FigureSpec(
    name="offset-profiles",
    doc="signed offset profiles of the sharpest diagonal heads with their intervals, and the peaks of all",
    variables=("offset_profile", "offset_profile_interval", "category"),
    function=offset_profiles,
    has_choice=True,
)
