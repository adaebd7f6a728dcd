"""Verticality of heads against their highest and lowest concentration on a phone."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.legend import add_category_legend
from otoscope.figures.style.page import COLUMN, add_axes_mm, add_text_mm, new_page
from otoscope.figures.style.theme import MARKERS, Theme

LEFT, TOP, WIDTH, HEIGHT, PITCH = 14.0, 23.5, 70.0, 44.0, 53.0


def concentration(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw focus and neglect of every head from the Dataset of a run."""
    figure = new_page(COLUMN, TOP + PITCH + HEIGHT + 9.5)
    add_header(figure, "Verticality and concentration", corpus_caption(dataset), dataset, theme, COLUMN)
    add_category_legend(figure, dataset, LEFT, TOP - 9, theme)
    for i, (name, sign) in enumerate((("focus: the highest", 1), ("neglect: the lowest", -1))):
        top = TOP + i * PITCH
        add_text_mm(figure, LEFT, top - 4, f"{name} concentration on a phone", weight="bold")
        axes = add_axes_mm(figure, LEFT, top, WIDTH, HEIGHT)
        _heads(axes, dataset, _extreme(dataset, sign), theme)
        axes.axhline(0, color=theme.grid, linewidth=0.5, zorder=0)
        axes.margins(0.06)
    axes.set_xlabel("verticality (nats)", labelpad=2)
    return figure


def _extreme(dataset: xr.Dataset, sign: int) -> xr.Dataset:
    """Return value, low and high [layer, head] of the highest (`sign` 1) or lowest (-1) concentration on any phone.

    Low and high are NaN if too few utterances have the phone for an interval.
    """
    value, interval = dataset["concentration"], dataset["concentration_interval"]
    phone = (sign * value).fillna(-np.inf).argmax("key_phone")
    low, high = (interval.sel(bound=end, drop=True).isel(key_phone=phone) for end in ("low", "high"))
    return xr.Dataset({"value": value.isel(key_phone=phone), "low": low, "high": high})


def _heads(axes: Axes, dataset: xr.Dataset, extreme: xr.Dataset, theme: Theme) -> None:
    """Draw one marker per head with its interval as a thin bar."""
    for name, marker in MARKERS.items():
        here, colour = dataset["category"].values == name, theme.categories[name]
        across = dataset["verticality"].values[here]
        axes.vlines(across, extreme["low"].values[here], extreme["high"].values[here], color=colour, linewidth=0.6)
        axes.plot(
            across,
            extreme["value"].values[here],
            marker,
            color=colour,
            markersize=3.4,
            markeredgewidth=0.3,
            markeredgecolor=theme.surface,
        )


FIGURE = FigureSpec(
    name="concentration",
    doc=(
        "verticality of every head against its highest and lowest concentration on a phone, with the interval where "
        "enough utterances have that phone"
    ),
    variables=("concentration", "concentration_interval", "verticality"),
    function=concentration,
)
