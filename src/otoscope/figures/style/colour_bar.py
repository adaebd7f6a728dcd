"""The bar that explains the colours of a map, and the colour of text on a coloured cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LogNorm, Normalize, to_rgb

from otoscope.figures.style.page import Page, add_axes_mm
from otoscope.figures.style.theme import Theme
from otoscope.typing import AnyFloats

BAR_HEIGHT = 2.0  # mm
BELOW_BAR = 9.0  # mm: from the top of a bar to the bottom of its label


@dataclass(frozen=True)
class ColourScale:
    """A scale of colours: its colours, its ends, the text of each tick, and what it measures."""

    colours: Colormap
    norm: Normalize
    ticks: Mapping[float, str]
    label: str


def add_colour_bar(page: Page, left: float, top: float, width: float, scale: ColourScale) -> Axes:
    """Add the bar of a scale, `BELOW_BAR` mm high with its ticks and its label."""
    axes = add_axes_mm(page, left, top, width, BAR_HEIGHT)
    norm = scale.norm
    edges = norm.inverse(np.linspace(0, 1, 257))
    axes.pcolormesh(edges, [0, 1], edges[None, :-1], norm=norm, cmap=scale.colours, rasterized=True)
    if isinstance(norm, LogNorm):
        axes.set_xscale("log")
    axes.set_xticks(list(scale.ticks), list(scale.ticks.values()))
    axes.minorticks_off()
    axes.set(yticks=[], xlim=(norm.vmin, norm.vmax))
    axes.set_xlabel(scale.label, labelpad=1)
    axes.spines[:].set_visible(False)
    return axes


def text_colour(background: Sequence[float] | AnyFloats, theme: Theme) -> str:
    """Return the colour of the theme that is read best on a background, by the contrast of WCAG 2.

    >>> from otoscope.figures import LIGHT
    >>> text_colour((0.0, 0.0, 0.2), LIGHT) == LIGHT.surface
    True
    """
    return max((theme.foreground, theme.surface), key=lambda colour: contrast(to_rgb(colour), background))


def contrast(first: Sequence[float] | AnyFloats, second: Sequence[float] | AnyFloats) -> float:
    """Return the contrast ratio of two colours (WCAG 2), from 1 to 21.

    >>> round(contrast((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))
    21
    """
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Sequence[float] | AnyFloats) -> float:
    rgb = np.array(colour[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
