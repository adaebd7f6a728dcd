"""R-values of every head and representation on the validation part, and the heads of the ensemble."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.colour_bar import BELOW_BAR, ColourScale, add_colour_bar
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import COLUMN, FULL_HEIGHT, FULL_WIDTH, Page, add_axes_mm, add_text_mm, new_page
from otoscope.figures.style.theme import Theme
from otoscope.results.summary import counted
from otoscope.typing import AnyFloats

LEFT, TOP, RIGHT, AXIS = 13.0, 18.5, 13.0, 9.5
CELL, LARGEST, WRITTEN, GAP = 9.0, 14.0, 6.0, 3.0
"""In mm: edge of a cell, at most, and from which its number is written; gap between heads and representations."""
NOTE = (
    "framed: heads of the ensemble, the best with a thick frame; right: output of each layer (representation); values "
    "that the heads were tuned on, so without intervals"
)


def segmentation_heads(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the heads of the first model of a segmentation's Dataset."""
    model, theme = dataset.isel(model=0), design.theme
    n_layers, n_heads = model.sizes["layer"], model.sizes["head"]
    below = AXIS + BELOW_BAR + 1 + note_height(NOTE, COLUMN)
    across = (design.width(FULL_WIDTH) - LEFT - GAP - RIGHT) / (n_heads + 1)
    largest = CELL if design.width_mm is None else LARGEST
    cell = min(largest, across, (FULL_HEIGHT - TOP - below) / n_layers)
    width = design.width(max(COLUMN, LEFT + (n_heads + 1) * cell + GAP + RIGHT))
    bottom = TOP + n_layers * cell
    page = new_page(design, width, bottom + AXIS + BELOW_BAR + 1 + note_height(NOTE, width))
    heading = f"Heads that find {dataset.attrs.get('level', 'phone')} boundaries"
    add_header(page, heading, _validation(dataset), dataset, design)
    heads, layers = model["head_r_value"].values, model["layer_r_value"].values[:, None]
    scale = _scale(np.concatenate([heads, layers], axis=1), theme)
    axes = add_axes_mm(page, LEFT, TOP, n_heads * cell, n_layers * cell)
    _grid(axes, heads, scale, cell, theme)
    _frame_voters(axes, model["ensemble_rank"].values, theme)
    _name(axes, model, cell)
    _add_representations(page, layers, scale, LEFT + n_heads * cell + GAP, cell, theme)
    add_colour_bar(page, LEFT, bottom + AXIS, min(50.0, width - LEFT - RIGHT), scale)
    add_note(page, bottom + AXIS + BELOW_BAR + 1, NOTE, theme)
    return page


def _validation(dataset: xr.Dataset) -> str:
    part = counted(dataset.attrs["validation_utterances"], "utterance")
    return f"validation part: {part}"


def _scale(values: AnyFloats, theme: Theme) -> ColourScale:
    """Return a light scale from the lowest to the highest value; text of the theme is readable on all of it."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low == high:
        low, high = low - 0.05, high + 0.05
    light = LinearSegmentedColormap.from_list("full", [theme.surface, theme.categories["global"]])
    colours = LinearSegmentedColormap.from_list(f"{theme.name}-r-value", light(np.linspace(0, 0.5, 65)))
    ticks = {value: f"{value:.2f}" for value in (low, (low + high) / 2, high)}
    return ColourScale(
        colours.with_extremes(bad=theme.grid), Normalize(low, high), ticks, "strict R-value (1: perfect)"
    )


def _grid(axes: Axes, values: AnyFloats, scale: ColourScale, cell: float, theme: Theme) -> None:
    axes.pcolormesh(values, cmap=scale.colours, norm=scale.norm, edgecolors=theme.grid, linewidth=0.4)
    axes.set(xlim=(0, values.shape[1]), ylim=(values.shape[0], 0))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(values) if cell >= WRITTEN else ():
        if not np.isnan(value):
            text = f"{value:.2f}".removeprefix("0")
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center_baseline")


def _add_representations(
    page: Page, layers: AnyFloats, scale: ColourScale, left: float, cell: float, theme: Theme
) -> None:
    """Add the R-values `[layer, 1]` of the representations, to the right of the heads."""
    axes = add_axes_mm(page, left, TOP, cell, len(layers) * cell)
    _grid(axes, layers, scale, cell, theme)
    axes.set(xticks=[], yticks=[])
    add_text_mm(page, left + cell, TOP - 1, "representation", va="bottom", ha="right", color=theme.muted)


def _frame_voters(axes: Axes, ranks: AnyFloats, theme: Theme) -> None:
    for row, column in np.argwhere(ranks > 0):
        width = 1.8 if ranks[row, column] == 1 else 0.8
        frame = Rectangle((column + 0.05, row + 0.05), 0.9, 0.9, fill=False, linewidth=width)
        frame.set_edgecolor(theme.foreground)
        axes.add_patch(frame)


def _name(axes: Axes, model: xr.Dataset, cell: float) -> None:
    """Number the heads and the layers, as many as fit."""
    step = 1 if cell > 4 else 2
    for axis, name in ((axes.xaxis, "head"), (axes.yaxis, "layer")):
        axis.set_ticks(
            (np.arange(model.sizes[name]) + 0.5)[::step], [str(value) for value in model[name].values[::step]]
        )
    axes.set_xlabel("head", labelpad=2)
    axes.set_ylabel("layer", labelpad=2)


FIGURE = FigureSpec(
    name="segmentation-heads",
    doc="strict R-value of every head and representation on the validation part, and the heads of the ensemble",
    variables=("head_r_value", "layer_r_value", "ensemble_rank"),
    function=segmentation_heads,
    kind="segmentation",
)
