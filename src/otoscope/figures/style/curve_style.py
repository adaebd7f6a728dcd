"""The style of a curve: its colour and marker, its interval as a band, a ring at the first significant drop."""

from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb, to_hex
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from otoscope.figures.style.theme import MARKERS, Theme
from otoscope.results.categories import CATEGORY_STATISTIC
from otoscope.typing import AnyFloats

# Colours on the light and on the dark theme, after Okabe & Ito, and the marker of rankings that are no category.
RANKING_STYLES = {
    "weight": ("#a0407c", "#e08cc0", "s"),
    "leave-one-out": ("#b3261e", "#ff8a80", "v"),
    "gradient": ("#6b5b00", "#e6d34a", "P"),
    "fisher": ("#1b1f24", "#e8eaed", "X"),
    "shapley": ("#4a4fb5", "#a7aaff", "*"),
}
GENERIC_MARKERS = ("h", "p", "d", "<", ">", "8")  # of rankings without a row in RANKING_STYLES: plug-ins


@dataclass(frozen=True)
class LineStyle:
    """The look of a line: its colour, and its marker for readers who cannot distinguish the colours."""

    colour: str
    marker: str
    width: float = 0.9

    def handle(self, label: str) -> Line2D:
        """Return the entry of a legend."""
        return Line2D([], [], color=self.colour, marker=self.marker, linewidth=self.width, markersize=3, label=label)


def ranking_style(ranking: str, is_control: bool, theme: Theme) -> LineStyle:
    """Return the style of a ranking.

    A ranking by the statistic of a category has the colour and marker of the category. A ranking that otoscope does not
    contain gets a style computed from its name, so that it looks the same in every figure and unlike a control.

    Args:
        ranking: name of the ranking, without a seed.
        is_control: whether the ranking uses nothing of the model; its line is thin and grey.
        theme: colours of the figure.

    Examples:
        >>> from otoscope.figures import LIGHT
        >>> ranking_style("random", True, LIGHT) == ranking_style("mine", False, LIGHT)
        False
    """
    if is_control:
        return LineStyle(theme.muted, ".", 0.6)
    for category, statistic in CATEGORY_STATISTIC.items():
        if ranking == statistic:
            return LineStyle(theme.categories[category], MARKERS[category])
    if ranking in RANKING_STYLES:
        light, dark, marker = RANKING_STYLES[ranking]
        return LineStyle(dark if theme.name == "dark" else light, marker)
    return generic_style(ranking, theme)


def generic_style(name: str, theme: Theme) -> LineStyle:
    """Return a style that depends on the name alone, the same in every process."""
    number = crc32(name.encode())
    saturation, value = (0.45, 0.95) if theme.name == "dark" else (0.8, 0.6)
    red, green, blue = hsv_to_rgb((number % 360 / 360, saturation, value)).tolist()
    colour = to_hex((red, green, blue))
    return LineStyle(colour, GENERIC_MARKERS[number // 360 % len(GENERIC_MARKERS)])


def draw_curve(axes: Axes, positions: Any, curve: xr.Dataset, prefix: str, style: LineStyle) -> None:
    """Draw a curve with its interval and its first drop; `positions` are the x coordinates of its steps."""
    score = curve[f"{prefix}score"].values
    draw_line(axes, positions, score, curve[f"{prefix}score_interval"].values, style)
    steps = curve["radius" if prefix == "span_" else "removed"].values
    first = np.flatnonzero(steps == curve[f"{prefix}first_drop"].item())
    axes.plot(
        np.asarray(positions)[first],
        score[first],
        "o",
        color=style.colour,
        fillstyle="none",
        markersize=5.5,
        markeredgewidth=0.7,
    )


def draw_line(axes: Axes, positions: Any, values: AnyFloats, intervals: AnyFloats, style: LineStyle) -> None:
    """Draw a line through values `[n]`, and a band of their intervals `[n, bound]`."""
    axes.fill_between(positions, *intervals.T, color=style.colour, alpha=0.13, linewidth=0)
    axes.plot(
        positions,
        values,
        color=style.colour,
        marker=style.marker,
        linewidth=style.width,
        markersize=2.6,
        markeredgewidth=0,
    )


def format_value_axis(axes: Axes, theme: Theme) -> None:
    """Number the vertical axis at a few values, with lines below what is drawn."""
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(axis="y", color=theme.grid, linewidth=0.4)
    axes.set_axisbelow(True)


def format_score_axis(axes: Axes, probe: xr.Dataset, theme: Theme) -> None:
    """Format the axis of scores, and draw the score of a probe that always predicts the most frequent class."""
    format_value_axis(axes, theme)
    if probe["majority"].notnull():
        axes.axhline(probe["majority"].item(), color=theme.muted, linewidth=0.6, linestyle=(0, (3, 2)))


def curve_note(bands: str, dataset: xr.Dataset, variable: str) -> str:
    """Return the note that explains bands (or states why there are none), rings and, if there are any, dashes."""
    if dataset[f"{variable}_interval"].isnull().all():
        bands = "no intervals, too few utterances"
    dashes = "; dashes: commonest class" if dataset["majority"].notnull().any() else ""
    errors = "" if dataset["higher_is_better"].all() else "; a low error is good"
    return f"{bands}; ring: first significant change for the worse{dashes}{errors}"
