"""Agreement of rankings: their rank correlations, and the ranks of all heads in the first two."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.header import MARGIN, add_header, corpus_caption
from otoscope.figures.style.page import COLUMN, FULL_WIDTH, add_axes_mm, add_text_mm, ellipsize, new_page
from otoscope.figures.style.theme import TEXT_PT, Theme

LEFT, TOP, RIGHT = 34.0, 22.0, 3.0
CELL, WRITTEN = 8.4, 7.8  # mm: edge of a cell, and from which edge its number is written
SCATTER, GAP, SCATTER_LEFT = 52.0, 15.0, 20.0


def rank_agreement(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the agreement from the Dataset of a run of rankings."""
    n_rankings = dataset.sizes["ranking"]
    cell = min(CELL, (FULL_WIDTH - LEFT - RIGHT) / n_rankings)
    width = max(COLUMN, LEFT + n_rankings * cell + RIGHT)
    bottom = TOP + n_rankings * cell
    figure = new_page(width, bottom + GAP + SCATTER + 12 if n_rankings > 1 else bottom + 4)
    add_header(figure, "Agreement of rankings", corpus_caption(dataset), dataset, theme, width)
    add_text_mm(figure, MARGIN, TOP - 4, "Spearman's rank correlation", weight="bold")
    _matrix(add_axes_mm(figure, LEFT, TOP, n_rankings * cell, n_rankings * cell), dataset, cell, theme)
    if n_rankings > 1:
        first, second = (str(name) for name in dataset["ranking"].values[:2])
        add_text_mm(
            figure, MARGIN, bottom + GAP - 9, "rank of each head, 1 highest; fainter in lower layers", weight="bold"
        )
        axes = add_axes_mm(figure, SCATTER_LEFT, bottom + GAP - 4, SCATTER, SCATTER)
        _scatter(axes, dataset["rank"].sel(ranking=first), dataset["rank"].sel(ranking=second), theme)
        axes.set_xlabel(first, labelpad=2)
        axes.set_ylabel(second, labelpad=2)
    return figure


def _matrix(axes: Axes, dataset: xr.Dataset, cell: float, theme: Theme) -> None:
    """Draw cells coloured from -1 to 1, with numbers if they fit; rows have names, columns have numbers."""
    agreement, names = dataset["agreement"].values, [str(name) for name in dataset["ranking"].values]
    n_rankings = len(names)
    axes.pcolormesh(agreement, cmap=_diverging(theme), vmin=-1, vmax=1, edgecolors=theme.surface, linewidth=0.4)
    axes.set(xlim=(0, n_rankings), ylim=(n_rankings, 0))
    axes.spines[:].set_visible(False)
    middles = np.arange(n_rankings) + 0.5
    label_width = LEFT - MARGIN - 2
    labels = [ellipsize(f"{number} {name}", TEXT_PT, label_width) for number, name in enumerate(names, start=1)]
    axes.set_yticks(middles, labels)
    axes.set_xticks(middles, [str(number) for number in range(1, n_rankings + 1)])
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(agreement) if cell >= WRITTEN else ():
        colour = theme.surface if abs(value) > 0.6 else theme.foreground
        axes.text(column + 0.5, row + 0.5, _short(value), ha="center", va="center_baseline", color=colour)


def _scatter(axes: Axes, across: xr.DataArray, up: xr.DataArray, theme: Theme) -> None:
    """Draw one dot for each head."""
    layers = np.broadcast_to(across["layer"].values[:, None], across.shape)
    n_heads = int(across.notnull().sum())
    axes.scatter(
        across.values,
        up.values,
        c=(layers + 1) / (layers.max() + 1),
        cmap=theme.ramp("global"),
        vmin=-0.3,
        vmax=1,
        s=9,
        linewidths=0.3,
        edgecolors=theme.muted,
    )
    limits = (0, n_heads + 1)
    axes.plot(limits, limits, color=theme.grid, linewidth=0.6, zorder=0)
    ticks = sorted({1, n_heads})
    axes.set(xlim=limits, ylim=limits, xticks=ticks, yticks=ticks)


def _diverging(theme: Theme) -> Colormap:
    colours = [theme.categories["vertical"], theme.surface, theme.categories["global"]]
    return LinearSegmentedColormap.from_list(f"{theme.name}-agreement", colours)


def _short(value: float) -> str:
    """Return two digits with as few characters as possible: `.93`, `−.93`, `1`."""
    if np.isnan(value):
        return ""
    return f"{value:.2f}".replace("0.", ".").replace("1.00", "1").replace("-", "−")


FIGURE = FigureSpec(
    name="rank-agreement",
    doc="rank correlation of each two rankings, and the ranks of all heads in the first two",
    variables=("agreement", "rank"),
    function=rank_agreement,
    kind="ranking",
)
