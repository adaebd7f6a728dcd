"""Dataset in, matplotlib Figure out; one figure to a file. Knows no torch."""

from otoscope.figures.figure_spec import Drawing, discover
from otoscope.figures.render import draw
from otoscope.figures.style.theme import DARK, LIGHT, THEMES, Theme

__all__ = ["DARK", "LIGHT", "THEMES", "Drawing", "Theme", "discover", "draw"]
