"""Attention sinks by layer: how much they draw, what they carry, where they are, and what predicts them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import LineStyle, draw_line, format_value_axis
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, new_page
from otoscope.figures.style.panels import make_panels
from otoscope.figures.style.theme import Theme
from otoscope.typing import AnyFloats

LEGEND: dict[str, Any] = {"loc": "upper right", "fontsize": 7, "frameon": False, "ncols": 5, "borderpad": 0}
LEGEND |= {"handlelength": 0.9, "handletextpad": 0.4, "columnspacing": 0.9}
HEADROOM = 0.22  # of the height of what is drawn, for the legend
TOP = 13.0  # mm: top of the panels
MARKERS = ("o", "s", "^", "D", "v", "P")
RATIOS = {"values": "value_ratio", "hidden states": "hidden_ratio"}
OUTSIDE = {"attention": "outside_share", "norms": "outside_norm_share"}

Styles = Mapping[str, LineStyle]
"""Name of a line of a panel -> its style."""
Draw = Callable[[Axes, xr.Dataset, Styles], None]


@dataclass(frozen=True)
class SinkPanel:
    """A panel: its title, the name of its vertical axis, the names of its lines, and what draws it."""

    title: str
    axis: str
    lines: Sequence[str]
    draw: Draw


def sinks(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the panels from the Dataset of a run of sinks."""
    width, theme, note = design.width(FULL_WIDTH), design.theme, _note(dataset)
    shown = _panels(dataset)
    panels = make_panels(len(shown), width, TOP, note_height(note, width))
    page = new_page(design, width, panels.bottom + note_height(note, width))
    add_header(page, "Attention sinks", corpus_caption(dataset), dataset, design)
    for index, panel in enumerate(shown):
        axes, styles = panels.add(page, index, panel.title), _styles(panel.lines, theme)
        panel.draw(axes, dataset, styles)
        format_value_axis(axes, theme)
        axes.set_xlim(-0.5, dataset.sizes["layer"] - 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        panels.name(page, axes, index, panel.axis)
        if len(styles) > 1:
            low, high = axes.get_ylim()
            axes.set_ylim(low, high + HEADROOM * (high - low))
            axes.legend(handles=[style.handle(name) for name, style in styles.items()], **LEGEND)
        if panels.is_lowest(index):
            axes.set_xlabel("layer", labelpad=2)
    add_note(page, panels.bottom, note, theme)
    return page


def _panels(dataset: xr.Dataset) -> list[SinkPanel]:
    ratios, outside = ([name for name, variable in each.items() if variable in dataset] for each in (RATIOS, OUTSIDE))
    descriptors = [str(name) for name in dataset["descriptor"].values]
    panels = [
        SinkPanel("attention on sinks", "attention (%)", ["all heads"], _draw_shares),
        SinkPanel("sinks over other frames", "norm (ratio)", ratios, _draw_ratios),
        SinkPanel("where sinks are", "attention (%)", _present_places(dataset), _draw_places),
        SinkPanel("what frames draw, explained by", "variance (%)", descriptors, _draw_explained),
    ]
    if "outside_share" in dataset and bool(dataset["outside_share"].any()):
        panels.append(SinkPanel("outside the utterance", "share (%)", outside, _draw_outside))
    return panels


def _note(dataset: xr.Dataset) -> str:
    bare = "; lines without a band have no interval" if dataset["layer_share_interval"].isnull().any() else ""
    return (
        "a sink draws more than ten times uniform attention; dots: single heads, without intervals; lines: the heads "
        f"of a layer; bands: 95 % intervals over {dataset.attrs['clusters']}{bare}"
    )


def _styles(names: Sequence[str], theme: Theme) -> Styles:
    colours = (theme.foreground, *theme.categories.values(), theme.muted, theme.avoided)
    return {name: LineStyle(colour, marker) for name, colour, marker in zip(names, colours, MARKERS, strict=False)}


def _present_places(dataset: xr.Dataset) -> list[str]:
    return [str(place) for place in dataset["place"].values if dataset["place_tokens"].sel(place=place) > 0]


def _draw_shares(axes: Axes, dataset: xr.Dataset, styles: Styles) -> None:
    style = styles["all heads"]
    _draw_heads(axes, 100 * dataset["sink_share"].values, style)
    _draw_layers(axes, dataset, "layer_share", style)
    axes.set_ylim(bottom=0)


def _draw_ratios(axes: Axes, dataset: xr.Dataset, styles: Styles) -> None:
    """Draw the ratios of heads, and their geometric mean in each layer."""
    axes.axhline(1, color="grey", linewidth=0.6)
    for number, (name, style) in enumerate(styles.items()):
        ratio_lh, shift = dataset[RATIOS[name]].values, 0.2 * (number - 0.5)
        _draw_heads(axes, ratio_lh, style, shift)
        present = np.flatnonzero((ratio_lh > 0).any(1))
        mean = np.exp([np.log(row[row > 0]).mean() for row in ratio_lh[present]])
        _draw_means(axes, present + shift, mean, style)


def _draw_places(axes: Axes, dataset: xr.Dataset, styles: Styles) -> None:
    for place, style in styles.items():
        _draw_layers(axes, dataset.sel(place=place), "place_share", style)
    axes.set_ylim(bottom=0)


def _draw_explained(axes: Axes, dataset: xr.Dataset, styles: Styles) -> None:
    for name, style in styles.items():
        _draw_layers(axes, dataset.sel(descriptor=name), "explained", style)


def _draw_outside(axes: Axes, dataset: xr.Dataset, styles: Styles) -> None:
    """Draw the shares of heads, and their mean in each layer."""
    for number, (name, style) in enumerate(styles.items()):
        share_lh, shift = 100 * dataset[OUTSIDE[name]].values, 0.2 * (number - 0.5)
        _draw_heads(axes, share_lh, style, shift)
        means = np.nansum(share_lh, 1) / np.maximum(1, (~np.isnan(share_lh)).sum(1))
        _draw_means(axes, np.arange(len(share_lh)) + shift, means, style)
    axes.set_ylim(bottom=0)


def _draw_means(axes: Axes, layers: AnyFloats, means: AnyFloats, style: LineStyle) -> None:
    axes.plot(layers, means, style.marker, color=style.colour, markersize=2.6, linestyle="-", linewidth=0.9)


def _draw_layers(axes: Axes, dataset: xr.Dataset, name: str, style: LineStyle) -> None:
    layers = dataset["layer"].values.astype(float)
    draw_line(axes, layers, 100 * dataset[name].values, 100 * dataset[f"{name}_interval"].values, style)


def _draw_heads(axes: Axes, value_lh: np.ndarray, style: LineStyle, shift: float = 0.0) -> None:
    layer, _ = np.nonzero(~np.isnan(value_lh))
    axes.plot(layer + shift, value_lh[~np.isnan(value_lh)], ".", color=style.colour, markersize=3, alpha=0.45)


FIGURE = FigureSpec(
    name="sinks",
    doc="attention on sinks in each layer, what sinks carry, where they are, and what predicts what frames draw",
    variables=("sink_share", "layer_share", "layer_share_interval", "place_share", "place_tokens", "explained"),
    function=sinks,
    kind="sinks",
)
