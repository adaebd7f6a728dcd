"""A whole page of panels with one horizontal axis: header, panels, note."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.style.curve_style import format_value_axis
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, new_page
from otoscope.figures.style.panels import make_panels
from otoscope.figures.style.theme import Theme


@dataclass(frozen=True)
class Panel:
    """A panel: its title, the name of its vertical axis, and what draws it.

    Attributes:
        title: title above the axes.
        quantity: name of the vertical axis.
        draw: draws into axes of a width in mm, in the colours of a theme.
    """

    title: str
    quantity: str
    draw: Callable[[Axes, float, Theme], None]


@dataclass(frozen=True)
class PanelTexts:
    """The texts of a page: its heading, the name of the horizontal axis, and the note; and the top of its panels."""

    heading: str
    axis: str
    note: str
    top: float = 13.0  # mm


def draw_panel_page(panels: Sequence[Panel], texts: PanelTexts, dataset: xr.Dataset, design: Design) -> Figure:
    """Return a page with a header, the panels and a note."""
    width, theme = design.width(FULL_WIDTH), design.theme
    below = note_height(texts.note, width)
    layout = make_panels(len(panels), width, texts.top, below)
    page = new_page(design, width, layout.bottom + below)
    add_header(page, texts.heading, corpus_caption(dataset), dataset, design)
    for index, panel in enumerate(panels):
        axes = layout.add(page, index, panel.title)
        panel.draw(axes, layout.axes_width, theme)
        format_value_axis(axes, theme)
        layout.name(page, axes, index, panel.quantity)
        if layout.is_lowest(index):
            axes.set_xlabel(texts.axis, labelpad=2)
    add_note(page, layout.bottom, texts.note, theme)
    return page
