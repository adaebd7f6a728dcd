"""Light and dark: surfaces, text and the three category colours.

Blue, orange and green after the palette of Okabe & Ito (Color Universal Design, 2008), with blue and green further
apart in lightness, so that they differ for every kind of colour blindness; a category has a letter and a marker, too.
"""

from dataclasses import dataclass
from typing import Any

from matplotlib.colors import Colormap, LinearSegmentedColormap

from otoscope.errors import InputError

LETTERS = {"global": "G", "vertical": "V", "diagonal": "D"}
MARKERS = {"global": "o", "vertical": "^", "diagonal": "D"}
TEXT_PT, TITLE_PT = 7.0, 9.0


@dataclass(frozen=True)
class Theme:
    """Colours of one surface; `peak` is where the strongest attention ends, beyond the category's own colour; `avoided`
    and `preferred` are the ends of the scale of relations."""

    name: str
    surface: str
    foreground: str
    muted: str
    grid: str
    peak: str
    categories: dict[str, str]
    avoided: str
    preferred: str

    @property
    def diverging(self) -> Colormap:
        """Return colours from avoided through the surface to preferred; undefined values are drawn as the grid."""
        ends = [self.avoided, self.surface, self.preferred]
        return LinearSegmentedColormap.from_list(f"{self.name}-diverging", ends).with_extremes(bad=self.grid)

    @property
    def plain(self) -> Colormap:
        """Return colours from the surface to the foreground, for data without a category."""
        return LinearSegmentedColormap.from_list(f"{self.name}-plain", [self.surface, self.foreground]).with_extremes(
            bad=self.grid
        )

    def ramp(self, category: str) -> Colormap:
        """Return sequential colours from the surface through the category's colour, for an attention map."""
        colour = self.categories[category]
        return LinearSegmentedColormap.from_list(
            f"{self.name}-{category}", [(0, self.surface), (0.6, colour), (1, self.peak)]
        )

    @property
    def rc(self) -> dict[Any, Any]:
        """Return the matplotlib settings of this theme; text in files stays text."""
        surfaces = ("figure.facecolor", "axes.facecolor", "legend.facecolor")
        inks = ("text.color", "axes.labelcolor", "axes.titlecolor", "xtick.labelcolor", "ytick.labelcolor")
        sizes = (
            "font.size",
            "axes.labelsize",
            "axes.titlesize",
            "xtick.labelsize",
            "ytick.labelsize",
            "legend.fontsize",
        )
        return {
            **dict.fromkeys(surfaces, self.surface),
            **dict.fromkeys(inks, self.foreground),
            **dict.fromkeys(sizes, TEXT_PT),
            **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), self.muted),
            **dict.fromkeys(("axes.linewidth", "xtick.major.width", "ytick.major.width"), 0.5),
            **dict.fromkeys(("xtick.major.size", "ytick.major.size"), 2.0),
            **dict.fromkeys(("xtick.major.pad", "ytick.major.pad"), 2.0),
            **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
            "font.family": ["DejaVu Sans"],
            "text.parse_math": False,
            "pdf.fonttype": 42,
            "svg.fonttype": "none",
            "svg.hashsalt": "otoscope",
        }


LIGHT = Theme(
    name="light",
    surface="#ffffff",
    foreground="#1b1f24",
    muted="#5f6873",
    grid="#d9dde2",
    peak="#0b0f14",
    categories={"global": "#005ea6", "vertical": "#d55e00", "diagonal": "#009e73"},
    avoided="#5b3a9e",
    preferred="#b35806",
)
DARK = Theme(
    name="dark",
    surface="#14171c",
    foreground="#e8eaed",
    muted="#9aa3ad",
    grid="#333941",
    peak="#ffffff",
    categories={"global": "#4d9be6", "vertical": "#e69f00", "diagonal": "#3fd6a0"},
    avoided="#a88cf0",
    preferred="#f0a243",
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}


def get_theme(name: str) -> Theme:
    """Return a theme by its name.

    Raises:
        InputError: there is none.

    >>> get_theme("dark").surface
    '#14171c'
    """
    if name not in THEMES:
        raise InputError(f"expected a theme of {', '.join(THEMES)}; found {name!r}")
    return THEMES[name]
