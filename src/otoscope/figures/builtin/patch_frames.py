"""What a layer restores in frames near and far from what a corruption changed."""

import numpy as np
import xarray as xr
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.colour_bar import BELOW_BAR, ColourScale, add_colour_bar
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, new_page
from otoscope.figures.style.panels import LEFT, TITLE, make_panels, tick_step

TOP, AXIS = 14.5, 6.0  # mm; the second: labels of distances have two lines
NOTE = (
    "share of the damage that a layer undoes if its heads are restored in these frames alone, by gradient (below 0: "
    "it adds damage); %: how many of the frames are at this distance from changed samples"
)


def patch_frames(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw layers against distances from the Dataset of a run of patch."""
    width, theme = design.width(FULL_WIDTH), design.theme
    below = AXIS + BELOW_BAR + 2 + note_height(NOTE, width)
    panels = make_panels(dataset.sizes["measure"], width, TOP, below)
    page = new_page(design, width, panels.bottom + below)
    add_header(page, f"Frames restored after {dataset.attrs['corruption']}", corpus_caption(dataset), dataset, design)
    scale = _scale(dataset, design)
    names = [_label(str(name), float(share)) for name, share in dataset["frame_share"].to_series().items()]
    for index in range(panels.n_panels):
        one = dataset.isel(measure=index)
        axes = panels.add(page, index, str(one["measure"].item()))
        axes.pcolormesh(one["frame_effect"].values, cmap=scale.colours, norm=scale.norm)
        axes.set_xticks(np.arange(len(names)) + 0.5, names)
        layers = range(0, one.sizes["layer"], tick_step(["00"] * one.sizes["layer"], panels.pitch - TITLE))
        axes.set_yticks(np.array(layers) + 0.5, [str(layer) for layer in layers])
        axes.set_ylim(one.sizes["layer"], 0)
        axes.tick_params(length=0)
        panels.name(page, axes, index, "layer")
        if panels.is_lowest(index):
            axes.set_xlabel("distance from the change (% of the frames)", labelpad=2)
    add_colour_bar(page, LEFT, panels.bottom + AXIS, min(52.0, width - 2 * LEFT), scale)
    add_note(page, panels.bottom + AXIS + BELOW_BAR + 2, NOTE, theme)
    return page


def _label(name: str, share: float) -> str:
    return f"{name}\n{100 * share:.0f} %"


def _scale(dataset: xr.Dataset, design: Design) -> ColourScale:
    """Return a scale that is symmetric about no effect."""
    largest = max(float(abs(dataset["frame_effect"]).max()), 1e-3)
    ticks = {-largest: f"−{largest:.2g}", 0.0: "0", largest: f"{largest:.2g}"}
    return ColourScale(design.theme.diverging, Normalize(-largest, largest), ticks, "undone (share)")


FIGURE = FigureSpec(
    name="patch-frames",
    doc="share of the damage that each layer undoes in frames near and far from what a corruption changed",
    variables=("frame_effect", "frame_share"),
    function=patch_frames,
    kind="patching",
)
