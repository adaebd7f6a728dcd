"""Every head of a decoder on one utterance: cross-attention above, self-attention below, layers downward."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import FULL_HEIGHT, FULL_WIDTH, Page, add_text_mm, new_page, page_axes
from otoscope.figures.style.theme import Theme

LEFT, TOP, RIGHT, GAP, BLOCK = 9.0, 20.0, 2.0, 1.0, 6.0  # mm; block: above the maps of a kind
LARGEST, NAMED, LETTERED = 26.0, 5.0, 9.0  # mm: widths of a map at most, with a number, with a category
NOTE = (
    "rows: tokens downward; columns: time, or tokens, to the right; square root of the weights. A map of the example's "
    "own audio and text alone: no intervals"
)
KINDS = (("cross", "example_cross", "cross-attention"), ("self", "example_own", "self-attention"))


def decoder_atlas(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the maps of all heads of the example from the Dataset of a decoder run."""
    width, theme = design.width(FULL_WIDTH), design.theme
    layers, heads = dataset.sizes["decoder_layer"], dataset.sizes["decoder_head"]
    below = note_height(NOTE, width) + 2
    across = min((width - LEFT - RIGHT + GAP) / heads - GAP, LARGEST)
    down = min(across, (FULL_HEIGHT - TOP - below - 2 * BLOCK) / (2 * layers) - GAP)
    block = layers * (down + GAP) + BLOCK
    page = new_page(design, width, TOP + 2 * block + below)
    caption = str(dataset.attrs["example_utterance"])
    add_header(page, "Attention of every head of the decoder", caption, dataset, design)
    paper = page_axes(page)
    for number, (kind, name, title) in enumerate(KINDS):
        top = TOP + number * block
        add_text_mm(page, LEFT, top - 5.5, title, weight="bold")
        _name(page, top, (layers, heads), (across + GAP, down + GAP), theme)
        category_lh = dataset["category"].sel(attention=kind).values
        for layer, head in np.ndindex(layers, heads):
            box = LEFT + head * (across + GAP), top + layer * (down + GAP), across, down
            _show(paper, dataset[name].values[layer, head], box, theme)
            if across >= LETTERED and category_lh[layer, head]:
                paper.text(
                    box[0] + across - 0.6, box[1] + 0.6, str(category_lh[layer, head])[0].upper(), ha="right", va="top"
                )
    add_note(page, TOP + 2 * block, NOTE, theme)
    return page


def _name(page: Page, top: float, counts: tuple[int, int], pitch: tuple[float, float], theme: Theme) -> None:
    """Number heads above and layers at the left, each where there is space."""
    for head in range(0, counts[1], 1 if pitch[0] >= NAMED else 4):
        left = LEFT + head * pitch[0] + (pitch[0] - GAP) / 2
        add_text_mm(page, left, top - 0.5, str(head), ha="center", va="bottom", color=theme.muted)
    for layer in range(0, counts[0], 1 if pitch[1] >= NAMED else 4):
        middle = top + layer * pitch[1] + (pitch[1] - GAP) / 2
        add_text_mm(page, LEFT - 2, middle, str(layer), ha="right", va="center", color=theme.muted)


def _show(paper: Axes, map_qk: np.ndarray, box: tuple[float, float, float, float], theme: Theme) -> None:
    """Draw a map in a box of left, top, width and height in mm; nothing for a head that does not exist."""
    if np.isnan(map_qk).all():
        return
    left, top, across, down = box
    shades = LinearSegmentedColormap.from_list(f"{theme.name}-shades", [theme.surface, theme.peak])
    picture = np.sqrt(np.nan_to_num(map_qk.astype(float)))
    paper.imshow(picture, cmap=shades, aspect="auto", extent=(left, left + across, top + down, top), vmin=0, vmax=1)


FIGURE = FigureSpec(
    name="decoder-atlas",
    doc="cross- and self-attention of every head of a decoder on one utterance, with categories",
    variables=("example_cross", "example_own", "category"),
    function=decoder_atlas,
    kind="decoder",
    on_request=True,
)
