"""Panels with one horizontal axis, in columns: only the lowest panel of each column numbers and names that axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from otoscope.figures.style.page import (
    FULL_HEIGHT,
    WIDE,
    Page,
    add_axes_mm,
    add_text_mm,
    ellipsize,
    name_vertical,
    text_width,
)
from otoscope.figures.style.theme import TEXT_PT

LEFT, RIGHT, TITLE = 13.5, 2.5, 5.0  # mm: left and right of the axes, above them
PITCH, AXIS = 34.0, 9.0  # mm: height of a panel, of the axis below the lowest


@dataclass(frozen=True)
class Panels:
    """The layout of panels on a page."""

    n_panels: int
    columns: int
    top: float
    pitch: float
    width: float

    @property
    def bottom(self) -> float:
        """Lower edge in mm of the lowest panels with their axis."""
        return self.top + -(-self.n_panels // self.columns) * self.pitch + AXIS

    @property
    def axes_width(self) -> float:
        """Width in mm of the axes of a panel."""
        return self.width / self.columns - LEFT - RIGHT

    def add(self, page: Page, index: int, title: str, sharey: Axes | None = None) -> Axes:
        """Add the axes of a panel with its title; only the lowest of a column has labels below."""
        row, column = divmod(index, self.columns)
        across = self.width / self.columns
        left, top = column * across + LEFT, self.top + row * self.pitch + TITLE
        axes = add_axes_mm(page, left, top, self.axes_width, self.pitch - TITLE - 1.5, sharey=sharey)
        add_text_mm(page, left, top - 4, ellipsize(title, TEXT_PT, self.axes_width + RIGHT - 1, "bold"), weight="bold")
        axes.tick_params(labelbottom=self.is_lowest(index))
        return axes

    def name(self, page: Page, axes: Axes, index: int, text: str) -> None:
        """Name the vertical axis of a panel; the names of a column align."""
        name_vertical(page, axes, text, index % self.columns * self.width / self.columns + 4.5)

    def is_lowest(self, index: int) -> bool:
        """Return whether a panel is the lowest of its column."""
        return index + self.columns >= self.n_panels


def tick_step(labels: Sequence[str], width: float) -> int:
    """Return the step at which labels fit next to each other on an axis of a width in mm.

    >>> tick_step(["0", "1", "2"], 30.0), tick_step(["100"] * 20, 30.0)
    (1, 5)
    """
    widest = max(text_width(label, TEXT_PT) for label in labels)
    return math.ceil(len(labels) * (widest + 1.5) / width)


def make_panels(n_panels: int, width: float, top: float, below: float) -> Panels:
    """Return the layout on a page of a width: two columns if the page is wide, or too low for one (mm)."""
    height = FULL_HEIGHT - top - AXIS - below
    columns = 1 if n_panels == 1 or (width < WIDE and n_panels * PITCH <= height) else 2
    return Panels(n_panels, columns, top, min(PITCH, height / -(-n_panels // columns)), width)
