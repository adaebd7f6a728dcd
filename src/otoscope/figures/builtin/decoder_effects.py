"""What changes if a head of a decoder is removed: word errors, text for sounds without speech, and empty texts."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.note import interval_note
from otoscope.figures.style.panel_page import Panel, PanelTexts, draw_panel_page
from otoscope.figures.style.panels import tick_step
from otoscope.figures.style.theme import Theme

NOTE = (
    "a dot for each removed head, at its layer, heads from left to right; all: the head index in all layers together; "
    "line: the intact model; a share of 0 or 1 has no interval"
)
RULE_NAMES = {
    "anything": "sounds with any text",
    "words": "sounds with words",
    "speech": "sounds with words, usual rule",
}


def decoder_effects(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw a panel for each effect on each kind of attention from the Dataset of a decoder run."""
    note = f"{NOTE}; {interval_note(dataset, 'word_error_change')}"
    texts = PanelTexts("Without a head of the decoder", "layer", note)
    return draw_panel_page([*_panels(dataset)], texts, dataset, design)


def _panels(dataset: xr.Dataset) -> Iterator[Panel]:
    """Iterate over the effects that were measured, each for cross-attention first."""
    effects = {"word error rate": ("change (1)", "word_error_change", dataset)}
    for rule in dataset["rule"].values:
        effects[RULE_NAMES[str(rule)]] = "share (1)", "sound_text", dataset.sel(rule=rule)
    effects["speech without text"] = "share (1)", "empty_speech", dataset
    for title, (quantity, name, part) in effects.items():
        for attention in dataset["attention"].values[::-1] if part[name].notnull().any() else ():
            yield Panel(f"{attention}: {title}", quantity, partial(_draw_removals, part, name, attention))


def _draw_removals(part: xr.Dataset, name: str, attention: str, axes: Axes, width: float, theme: Theme) -> None:
    """Draw the value of the intact model, and those of removals with their intervals (NaN: none)."""
    value_r, ends_rb = part[name].values, part[f"{name}_interval"].values
    layers, heads = part.sizes["decoder_layer"], part.sizes["decoder_head"]
    chosen = np.flatnonzero(part["removed_attention"].values == attention)
    layer, head = (part[each].values[chosen] for each in ("removed_layer", "removed_head"))
    across = np.where(layer < 0, layers, layer) + 0.7 * ((head + 0.5) / heads - 0.5)
    axes.axhline(value_r[0], color=theme.muted, linewidth=0.6)
    axes.vlines(across, *ends_rb[chosen].T, color=theme.muted, linewidth=0.7)
    axes.plot(across, value_r[chosen], "o", color=theme.foreground, markersize=2.4, markeredgewidth=0)
    _name_layers(axes, part, width)


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
