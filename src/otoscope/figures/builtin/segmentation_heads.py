"""R-values of every head and layer on the validation part, and the heads of the ensemble."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.header import MARGIN, add_header
from otoscope.figures.style.page import COLUMN, FULL_HEIGHT, FULL_WIDTH, add_axes_mm, add_text_mm, new_page
from otoscope.figures.style.theme import Theme
from otoscope.results.summary import counted
from otoscope.typing import AnyFloats

LEFT, TOP, RIGHT, BOTTOM = 14.0, 26.0, 3.0, 9.0
CELL, WRITTEN, GAP = 9.0, 6.0, 3.0  # mm: edge of a cell, from which edge its number is written, gap right of the heads


def segmentation_heads(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the heads of the first model of a segmentation's Dataset."""
    model = dataset.isel(model=0)
    n_layers, n_heads = model.sizes["layer"], model.sizes["head"]
    cell = min(CELL, (FULL_WIDTH - LEFT - GAP - RIGHT) / (n_heads + 1), (FULL_HEIGHT - TOP - BOTTOM) / n_layers)
    width = max(COLUMN, LEFT + (n_heads + 1) * cell + GAP + RIGHT)
    figure = new_page(width, TOP + n_layers * cell + BOTTOM)
    add_header(figure, "Heads that find phone boundaries", _validation(dataset), dataset, theme, width)
    add_text_mm(figure, MARGIN, TOP - 10.5, "strict R-value; framed: the heads of the ensemble", weight="bold")
    heads, layers = model["head_r_value"].values, model["layer_r_value"].values[:, None]
    limits = float(np.nanmin(heads)), float(max(np.nanmax(heads), np.nanmax(layers)))
    axes = add_axes_mm(figure, LEFT, TOP, n_heads * cell, n_layers * cell)
    _grid(axes, heads, limits, cell, theme)
    _frame_voters(axes, model["ensemble_rank"].values, theme)
    _name(axes, model)
    layer_axes = add_axes_mm(figure, LEFT + n_heads * cell + GAP, TOP, cell, n_layers * cell)
    _grid(layer_axes, layers, limits, cell, theme)
    layer_axes.set(xticks=[], yticks=[])
    add_text_mm(figure, LEFT, TOP - 1, "heads", va="bottom", color=theme.muted)
    right = LEFT + (n_heads + 1) * cell + GAP
    add_text_mm(figure, right, TOP - 1, "layer", va="bottom", ha="right", color=theme.muted)
    return figure


def _validation(dataset: xr.Dataset) -> str:
    part = counted(dataset.attrs["validation_utterances"], "utterance")
    return f"validation part: {part}"


def _grid(axes: Axes, values: AnyFloats, limits: tuple[float, float], cell: float, theme: Theme) -> None:
    low, high = limits
    axes.pcolormesh(
        values,
        cmap=theme.ramp("global"),
        vmin=low - (high - low) / 2,
        vmax=high + (high - low) / 2,
        edgecolors=theme.surface,
        linewidth=0.4,
    )
    axes.set(xlim=(0, values.shape[1]), ylim=(values.shape[0], 0))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(values) if cell >= WRITTEN else ():
        if not np.isnan(value):
            colour = theme.surface if value > (low + high) / 2 else theme.foreground
            axes.text(
                column + 0.5,
                row + 0.5,
                f"{value:.2f}".removeprefix("0"),
                ha="center",
                va="center_baseline",
                color=colour,
            )


def _frame_voters(axes: Axes, ranks: AnyFloats, theme: Theme) -> None:
    for row, column in np.argwhere(ranks > 0):
        first = ranks[row, column] == 1
        axes.add_patch(
            Rectangle(
                (column + 0.05, row + 0.05),
                0.9,
                0.9,
                fill=False,
                edgecolor=theme.categories["vertical"],
                linewidth=1.6 if first else 0.8,
            )
        )


def _name(axes: Axes, model: xr.Dataset) -> None:
    for axis, name in ((axes.xaxis, "head"), (axes.yaxis, "layer")):
        axis.set_ticks(np.arange(model.sizes[name]) + 0.5, [str(value) for value in model[name].values])
    axes.set_xlabel("head", labelpad=2)
    axes.set_ylabel("layer", labelpad=2)


FIGURE = FigureSpec(
    name="segmentation-heads",
    doc="strict R-value of every head and layer on the validation part, and the heads of the ensemble",
    variables=("head_r_value", "layer_r_value", "ensemble_rank"),
    function=segmentation_heads,
    kind="segmentation",
)
