"""Key of the categories: marker, name and number of heads."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from otoscope.figures.page import MM_PER_INCH
from otoscope.figures.theme import MARKERS, Theme


def category_key(figure: Figure, dataset: xr.Dataset, left: float, top: float, theme: Theme) -> None:
    """Write the key in one line whose top left lies at this point, in mm."""
    category = dataset["category"].values
    width, height = figure.get_size_inches() * MM_PER_INCH
    handles = [
        Line2D([], [], marker=marker, color=theme.categories[name], label=f"{name} {np.sum(category == name)}")
        for name, marker in MARKERS.items()
    ]
    for handle in handles:
        handle.set(linestyle="none", markersize=4)
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(left / width, 1 - top / height),
        ncols=len(handles),
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        handletextpad=0.2,
        handlelength=1,
        columnspacing=1.4,
    )
