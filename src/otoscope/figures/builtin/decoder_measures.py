"""What each head of a decoder attends to, by layer, and the change of word errors without it."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.note import interval_note
from otoscope.figures.style.panel_page import Panel, PanelTexts, draw_panel_page
from otoscope.figures.style.theme import Theme

NOTE = "cross- and self-attention of the decoder: a dot for each head, at its layer, heads from left to right"


def decoder_measures(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw a panel for each measure of each kind of attention from the Dataset of a decoder run."""
    note = f"{NOTE}; {interval_note(dataset, 'value')}"
    return draw_panel_page([*_panels(dataset)], PanelTexts("Heads of the decoder", "layer", note), dataset, design)


def _panels(dataset: xr.Dataset) -> Iterator[Panel]:
    """Iterate over the measures that are defined, those of cross-attention first."""
    for attention in dataset["attention"].values[::-1]:
        for name in dataset["measure"].values:
            selection = dataset.sel(attention=attention, measure=name)
            if selection["value"].notnull().any():
                title = f"{attention}: {str(name).replace('_', ' ')}"
                units = f"mean ({selection['measure_units'].item()})"
                yield Panel(title, units, partial(_draw_heads, selection))


def _draw_heads(selection: xr.Dataset, axes: Axes, width: float, theme: Theme) -> None:
    """Draw the values of the heads `[l, h]` with their intervals, of which all may be NaN."""
    value_lh, ends_lhb = selection["value"].values, selection["value_interval"].values
    layers, heads = value_lh.shape
    across = np.arange(layers)[:, None] + 0.7 * ((np.arange(heads) + 0.5) / heads - 0.5)
    axes.vlines(across.ravel(), *ends_lhb.reshape(-1, 2).T, color=theme.muted, linewidth=0.7)
    axes.plot(across.ravel(), value_lh.ravel(), "o", color=theme.foreground, markersize=2.4, markeredgewidth=0)
    axes.set_xlim(-0.5, layers - 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


FIGURE = FigureSpec(
    name="decoder-measures",
    doc="what each head of a decoder attends to in the audio and in its own text, by layer",
    variables=("value", "value_interval", "measure_units"),
    function=decoder_measures,
    kind="decoder",
)
