"""The legend of the categories: marker, name and number of heads."""

import numpy as np
import xarray as xr
from matplotlib.lines import Line2D

from otoscope.figures.style.page import Page, add_legend_mm
from otoscope.figures.style.theme import MARKERS, Theme


def add_category_legend(page: Page, dataset: xr.Dataset, left: float, top: float, theme: Theme) -> None:
    """Add the legend in one line with its top left corner at this point, in mm."""
    category = dataset["category"].values
    handles = [
        Line2D([], [], marker=marker, color=theme.categories[name], label=f"{name} {np.sum(category == name)}")
        for name, marker in MARKERS.items()
    ]
    for handle in handles:
        handle.set(linestyle="none", markersize=4)
    spacing = {"handletextpad": 0.2, "handlelength": 1.0, "columnspacing": 1.4}
    add_legend_mm(page, left, top, handles, len(handles), spacing)
