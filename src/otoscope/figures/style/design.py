"""How a figure is drawn: its theme, its width, its title, and a choice of heads."""

from dataclasses import dataclass

from otoscope.figures.style.theme import Theme

MIN_WIDTH_MM, MAX_WIDTH_MM = 80.0, 250.0
"""Narrowest column of a journal, and the width of an A4 page on its side, without margins."""
Head = tuple[int, int]


@dataclass(frozen=True)
class Design:
    """How a figure is drawn.

    Attributes:
        theme: colours and fonts.
        width_mm: width of the page in mm; None for the width that suits the figure.
        has_title: whether the page starts with title, model and speech.
        heads: layer and index of the heads to show; empty for the choice of the figure.
    """

    theme: Theme
    width_mm: float | None = None
    has_title: bool = True
    heads: tuple[Head, ...] = ()

    def width(self, natural: float) -> float:
        """Return the width of the page in mm: the requested one, or else that which suits the figure."""
        return natural if self.width_mm is None else self.width_mm
