"""What changes if a head of a decoder is removed: word errors, text for sounds without speech, and empty texts."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import format_value_axis
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, interval_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, new_page
from otoscope.figures.style.panels import make_panels, tick_step
from otoscope.figures.style.theme import Theme

TOP = 13.0  # mm
NOTE = (
    "a dot for each removed head, at its layer, heads from left to right; all: the head index in all layers together; "
    "line: the intact model; a share of 0 or 1 has no interval"
)
RULE_NAMES = {
    "anything": "sounds with any text",
    "words": "sounds with words",
    "speech": "sounds with words, usual rule",
}


class _EffectPanel(NamedTuple):
    """Values of removals, their intervals (NaN: none), and the value of the intact model."""

    attention: str
    title: str
    quantity: str
    value_r: np.ndarray
    ends_rb: np.ndarray
    intact: float


def decoder_effects(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw a panel for each effect on each kind of attention from the Dataset of a decoder run."""
    width, theme = design.width(FULL_WIDTH), design.theme
    note = f"{NOTE}; {interval_note(dataset, 'word_error_change')}"
    panels = list(_panels(dataset))
    layout = make_panels(len(panels), width, TOP, note_height(note, width))
    page = new_page(design, width, layout.bottom + note_height(note, width))
    add_header(page, "Without a head of the decoder", corpus_caption(dataset), dataset, design)
    for index, panel in enumerate(panels):
        axes = layout.add(page, index, f"{panel.attention}: {panel.title}")
        _draw_removals(axes, panel, dataset, theme)
        _name_layers(axes, dataset, layout.axes_width)
        format_value_axis(axes, theme)
        layout.name(page, axes, index, panel.quantity)
        if layout.is_lowest(index):
            axes.set_xlabel("layer", labelpad=2)
    add_note(page, layout.bottom, note, theme)
    return page


def _panels(dataset: xr.Dataset) -> Iterator[_EffectPanel]:
    """Iterate over the effects that were measured, each for cross-attention first."""
    effects = {"word error rate": ("change (1)", "word_error_change", dataset)}
    for rule in dataset["rule"].values:
        effects[RULE_NAMES[str(rule)]] = "share (1)", "sound_text", dataset.sel(rule=rule)
    effects["speech without text"] = "share (1)", "empty_speech", dataset
    for title, (quantity, name, part) in effects.items():
        values, ends = part[name].values, part[f"{name}_interval"].values
        for attention in dataset["attention"].values[::-1] if np.isfinite(values).any() else ():
            yield _EffectPanel(str(attention), title, quantity, values, ends, float(values[0]))


def _draw_removals(axes: Axes, panel: _EffectPanel, dataset: xr.Dataset, theme: Theme) -> None:
    layers, heads = dataset.sizes["decoder_layer"], dataset.sizes["decoder_head"]
    chosen = np.flatnonzero(dataset["removed_attention"].values == panel.attention)
    layer, head = (dataset[name].values[chosen] for name in ("removed_layer", "removed_head"))
    across = np.where(layer < 0, layers, layer) + 0.7 * ((head + 0.5) / heads - 0.5)
    axes.axhline(panel.intact, color=theme.muted, linewidth=0.6)
    axes.vlines(across, *panel.ends_rb[chosen].T, color=theme.muted, linewidth=0.7)
    axes.plot(across, panel.value_r[chosen], "o", color=theme.foreground, markersize=2.4, markeredgewidth=0)


def _name_layers(axes: Axes, dataset: xr.Dataset, width: float) -> None:
    layers, has_all = dataset.sizes["decoder_layer"], (dataset["removed_layer"].values[1:] < 0).any()
    labels = [*map(str, range(layers)), *(["all"] if has_all else [])]
    step = tick_step(labels, width)
    places = [*range(0, layers, step), *([layers] if has_all else [])]
    axes.set_xticks(places, [labels[place] for place in places])
    axes.set_xlim(-0.5, len(labels) - 0.5)


FIGURE = FigureSpec(
    name="decoder-effects",
    doc="word errors, text for sounds without speech, and empty texts, without each head of a decoder",
    variables=(
        *("word_error_change", "word_error_change_interval", "removed_attention", "sound_text", "sound_text_interval"),
        *("empty_speech", "empty_speech_interval"),
    ),
    function=decoder_effects,
    kind="decoder",
    on_request=True,
)
