"""What each head of a decoder attends to, by layer, and the change of word errors without it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import format_value_axis
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, interval_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, new_page
from otoscope.figures.style.panels import make_panels
from otoscope.figures.style.theme import Theme

TOP = 13.0  # mm
NOTE = "cross- and self-attention of the decoder: a dot for each head, at its layer, heads from left to right"


class _Panel(NamedTuple):
    """Values of the heads `[l, h]` with their intervals, of which all may be NaN."""

    title: str
    quantity: str
    value_lh: np.ndarray
    ends_lhb: np.ndarray


def decoder_measures(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw a panel for each measure of each kind of attention from the Dataset of a decoder run."""
    width, theme, note = design.width(FULL_WIDTH), design.theme, f"{NOTE}; {interval_note(dataset, 'value')}"
    panels = list(_panels(dataset))
    layout = make_panels(len(panels), width, TOP, note_height(note, width))
    page = new_page(design, width, layout.bottom + note_height(note, width))
    add_header(page, "Heads of the decoder", corpus_caption(dataset), dataset, design)
    for index, panel in enumerate(panels):
        axes = layout.add(page, index, panel.title)
        _draw_heads(axes, panel, theme)
        format_value_axis(axes, theme)
        layout.name(page, axes, index, panel.quantity)
        if layout.is_lowest(index):
            axes.set_xlabel("layer", labelpad=2)
    add_note(page, layout.bottom, note, theme)
    return page


def _panels(dataset: xr.Dataset) -> Iterator[_Panel]:
    """Iterate over the measures that are defined, those of cross-attention first."""
    for attention in dataset["attention"].values[::-1]:
        for name in dataset["measure"].values:
            selection = dataset.sel(attention=attention, measure=name)
            if selection["value"].notnull().any():
                title = f"{attention}: {str(name).replace('_', ' ')}"
                units = f"mean ({selection['measure_units'].item()})"
                yield _Panel(title, units, selection["value"].values, selection["value_interval"].values)


def _draw_heads(axes: Axes, panel: _Panel, theme: Theme) -> None:
    layers, heads = panel.value_lh.shape
    across = np.arange(layers)[:, None] + 0.7 * ((np.arange(heads) + 0.5) / heads - 0.5)
    axes.vlines(across.ravel(), *panel.ends_lhb.reshape(-1, 2).T, color=theme.muted, linewidth=0.7)
    axes.plot(across.ravel(), panel.value_lh.ravel(), "o", color=theme.foreground, markersize=2.4, markeredgewidth=0)
    axes.set_xlim(-0.5, layers - 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


FIGURE = FigureSpec(
    name="decoder-measures",
    doc="what each head of a decoder attends to in the audio and in its own text, by layer",
    variables=("value", "value_interval", "measure_units"),
    function=decoder_measures,
    kind="decoder",
)
