"""Names of phones, syllables or words above axes of time."""

import xarray as xr
from matplotlib.axes import Axes

from otoscope.figures.attention_map import select_non_overlapping
from otoscope.figures.style.page import text_width
from otoscope.figures.style.theme import TEXT_PT

GAP = 1.1
"""Mm between two names."""


def name_units(axes: Axes, dataset: xr.Dataset, limits: tuple[float, float], width: float) -> None:
    """Write the symbols of the units above the axes, as many as fit.

    Args:
        axes: axes of time.
        dataset: Dataset with `phone_symbol`, `phone_start` and `phone_end`.
        limits: times in seconds at both ends of the axes.
        width: width of the axes in mm.
    """
    starts, ends = dataset["phone_start"].values, dataset["phone_end"].values
    symbols = [str(symbol) for symbol in dataset["phone_symbol"].values]
    centres, sizes = (starts + ends) / 2, [text_width(symbol, TEXT_PT) + GAP for symbol in symbols]
    places = (centres - limits[0]) / (limits[1] - limits[0]) * width
    for i in select_non_overlapping(places, sizes, ends - starts, width):
        axes.text(centres[i], 1.03, symbols[i], transform=axes.get_xaxis_transform(), ha="center", va="bottom")
