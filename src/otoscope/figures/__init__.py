"""Dataset in, matplotlib Figure out; one figure to a file. Knows no torch."""

from otoscope.figures.draw import draw
from otoscope.figures.drawing import Drawing, discover
from otoscope.figures.theme import DARK, LIGHT, THEMES, Theme

__all__ = ["DARK", "LIGHT", "THEMES", "Drawing", "Theme", "discover", "draw"]
