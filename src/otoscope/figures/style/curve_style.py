"""One line of a curve: scores, their interval as a band, and a ring where the score is first significantly worse."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from otoscope.figures.style.theme import MARKERS, Theme
from otoscope.results.categories import STATISTIC_OF

# Rankings by what is not a category: after Okabe & Ito, each with a marker, on a light and on a dark surface.
OTHERS = {
    "weight": ("#a0407c", "#e08cc0", "s"),
    "leave-one-out": ("#b3261e", "#ff8a80", "v"),
    "gradient": ("#6b5b00", "#e6d34a", "P"),
    "fisher": ("#1b1f24", "#e8eaed", "X"),
    "shapley": ("#4a4fb5", "#a7aaff", "*"),
}


@dataclass(frozen=True)
class Stroke:
    """Look of a line: by its colour, and by its marker too."""

    colour: str
    marker: str
    width: float = 0.9

    def handle(self, label: str) -> Line2D:
        """What stands for the line in a key."""
        return Line2D([], [], color=self.colour, marker=self.marker, linewidth=self.width, markersize=3, label=label)


def stroke_of(ranking: str, theme: Theme) -> Stroke:
    """Rankings by a category's statistic have its colour and marker; draws of one ranking by chance look alike."""
    for category, statistic in STATISTIC_OF.items():
        if ranking == statistic:
            return Stroke(theme.categories[category], MARKERS[category])
    if ranking in OTHERS:
        light, dark, marker = OTHERS[ranking]
        return Stroke(dark if theme.name == "dark" else light, marker)
    return Stroke(theme.quiet, ".", 0.6)


def family_of(ranking: str) -> str:
    """`random` of `random-2`: what stands in a key for all draws."""
    name, _, seed = ranking.rpartition("-")
    return name if seed.isdecimal() else ranking


def line(axes: Axes, at: Any, curve: xr.Dataset, prefix: str, stroke: Stroke) -> None:
    """A curve at the places `at` of its steps."""
    score, (low, high) = curve[f"{prefix}score"].values, curve[f"{prefix}score_interval"].values.T
    axes.fill_between(at, low, high, color=stroke.colour, alpha=0.13, linewidth=0)
    axes.plot(
        at, score, color=stroke.colour, marker=stroke.marker, linewidth=stroke.width, markersize=2.6, markeredgewidth=0
    )
    steps = curve["removed"].values if not prefix else curve["radius"].values
    first = np.flatnonzero(steps == curve[f"{prefix}first_drop"].item())
    axes.plot(
        np.asarray(at)[first],
        score[first],
        "o",
        color=stroke.colour,
        fillstyle="none",
        markersize=5.5,
        markeredgewidth=0.7,
    )


def of_score(axes: Axes, probe: xr.Dataset, theme: Theme) -> None:
    """The axis of scores, and the score of always guessing the commonest class."""
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(axis="y", color=theme.line, linewidth=0.4)
    axes.set_axisbelow(True)
    if probe["majority"].notnull():
        axes.axhline(probe["majority"].item(), color=theme.quiet, linewidth=0.6, linestyle=(0, (3, 2)))


def note_of(bands: str, dataset: xr.Dataset) -> str:
    """What bands, rings and, where there are any, dashes stand for."""
    dashes = "; dashes: commonest class" if dataset["majority"].notnull().any() else ""
    return f"bands: {bands}; ring: first significant drop{dashes}"


def heading_of(one: xr.Dataset, of: str = "probe") -> str:
    """`phone: accuracy`, and which way is better where it is not up."""
    return f"{one[of].item()}: {one['metric'].item()}{', low is good' * (one['better'].item() == 'low')}"
