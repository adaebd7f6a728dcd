"""Agreement of rankings: the rank correlation of every two, and the ranks of all heads in every two."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.colour_bar import BELOW_BAR, ColourScale, add_colour_bar, text_colour
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import FULL_HEIGHT, FULL_WIDTH, MARGIN, add_axes_mm, ellipsize, new_page
from otoscope.figures.style.theme import TEXT_PT, Theme
from otoscope.typing import AnyFloats

LEFT, TOP, RIGHT, AXIS = 30.0, 14.5, 3.0, 11.0
LARGEST, WRITTEN = 20.0, 7.0  # mm: edge of the largest cell, and from which edge its number is written
NOTE = (
    "above the diagonal: Spearman's rank correlation; below it: a dot for each head by its rank in the ranking of the "
    "column (across) and of the row (up), highest rank at the lower left; all heads, so there are no intervals"
)


@dataclass(frozen=True)
class Matrix:
    """The axes of the matrix, the edge of a cell in mm, and its colours."""

    axes: Axes
    cell: float
    scale: ColourScale
    theme: Theme


def rank_agreement(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the agreement from the Dataset of a run of rankings."""
    width, theme, n_rankings = design.width(FULL_WIDTH), design.theme, dataset.sizes["ranking"]
    below = AXIS + BELOW_BAR + 1 + note_height(NOTE, width)
    across, down = width - LEFT - RIGHT, FULL_HEIGHT - TOP - below
    cell = min(across / n_rankings, down / n_rankings, LARGEST)
    bottom = TOP + n_rankings * cell
    page = new_page(design, width, bottom + below)
    add_header(page, "Agreement of rankings", corpus_caption(dataset), dataset, design)
    scale = ColourScale(
        _diverging(theme), Normalize(-1, 1), {-1: "−1", 0: "0", 1: "1"}, "Spearman's rank correlation (−1 to 1)"
    )
    axes = add_axes_mm(page, LEFT, TOP, n_rankings * cell, n_rankings * cell)
    _draw(Matrix(axes, cell, scale, theme), dataset)
    add_colour_bar(page, LEFT, bottom + AXIS, min(52.0, across), scale)
    add_note(page, bottom + AXIS + BELOW_BAR + 1, NOTE, theme)
    return page


def _draw(matrix: Matrix, dataset: xr.Dataset) -> None:
    """Draw correlations above the diagonal and ranks below it; rows have names, columns have numbers."""
    agreement, names = dataset["agreement"].values, [str(name) for name in dataset["ranking"].values]
    axes, scale, n_rankings = matrix.axes, matrix.scale, len(names)
    upper = np.where(np.triu(np.ones_like(agreement), 1) > 0, agreement, np.nan)
    axes.pcolormesh(upper, cmap=scale.colours, norm=scale.norm, edgecolors=matrix.theme.grid, linewidth=0.4)
    for row, column in np.ndindex(agreement.shape):
        if row > column:
            _ranks(matrix, (column, row), dataset["rank"].values[column], dataset["rank"].values[row])
        elif row < column and matrix.cell >= WRITTEN:
            _number(matrix, (column, row), float(agreement[row, column]))
    middles = np.arange(n_rankings) + 0.5
    labels = [ellipsize(f"{name}  {place}", TEXT_PT, LEFT - MARGIN - 6) for place, name in enumerate(names, start=1)]
    axes.set_yticks(middles, labels)
    axes.set_xticks(middles, [str(place) for place in range(1, n_rankings + 1)])
    axes.set(xlim=(0, n_rankings), ylim=(n_rankings, 0), xlabel="number of the ranking", ylabel="ranking")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _ranks(matrix: Matrix, cell: tuple[int, int], across: AnyFloats, up: AnyFloats) -> None:
    """Draw one dot for each head in a cell, the first ranks at the lower left."""
    (column, row), last = cell, np.nanmax(across)
    x, y = (0.1 + 0.8 * (ranks.ravel() - 0.5) / last for ranks in (across, up))
    size = min(2.5, matrix.cell / 8)
    matrix.axes.plot(column + x, row + 1 - y, "o", color=matrix.theme.foreground, markersize=size, markeredgewidth=0)


def _number(matrix: Matrix, cell: tuple[int, int], value: float) -> None:
    (column, row), scale = cell, matrix.scale
    if not np.isnan(value):
        colour = text_colour(scale.colours(scale.norm(value)), matrix.theme)
        matrix.axes.text(column + 0.5, row + 0.5, _short(value), ha="center", va="center_baseline", color=colour)


def _diverging(theme: Theme) -> LinearSegmentedColormap:
    """Return colours that stay light, so that numbers are readable on them."""
    ends = (theme.categories["vertical"], theme.surface, theme.categories["global"])
    full = LinearSegmentedColormap.from_list("full", ends)
    return LinearSegmentedColormap.from_list(f"{theme.name}-agreement", full(np.linspace(0.25, 0.75, 65)))


def _short(value: float) -> str:
    """Return two digits with as few characters as possible: `.93`, `−.93`, `1`; zero has no sign."""
    return f"{round(value, 2) + 0.0:.2f}".replace("0.", ".").replace("1.00", "1").replace("-", "−")


FIGURE = FigureSpec(
    name="rank-agreement",
    doc="rank correlation of every two rankings, and the ranks of all heads in every two",
    variables=("agreement", "rank"),
    function=rank_agreement,
    kind="ranking",
)
