"""Effects of restored heads: of each head by gradient, and of each category and layer exactly."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import format_value_axis
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, interval_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, add_legend_mm, new_page
from otoscope.figures.style.panels import LEFT, make_panels
from otoscope.figures.style.theme import MARKERS, Theme
from otoscope.results.categories import CATEGORIES

LEGEND_TOP, TOP = 13.5, 18.0  # mm


def patch_effects(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the effects from the Dataset of a run of patch."""
    width, theme, note = design.width(FULL_WIDTH), design.theme, _note(dataset)
    panels = make_panels(2 * dataset.sizes["measure"], width, TOP, note_height(note, width))
    page = new_page(design, width, panels.bottom + note_height(note, width))
    add_header(page, f"Heads restored after {dataset.attrs['corruption']}", corpus_caption(dataset), dataset, design)
    handles = [
        Line2D([], [], color=theme.categories[name], marker=MARKERS[name], linestyle="", markersize=3, label=name)
        for name in CATEGORIES
        if (dataset["category"] == name).any()
    ]
    if handles:
        add_legend_mm(page, LEFT, LEGEND_TOP, handles, len(handles), {"columnspacing": 1.4})
    for index in range(panels.n_panels):
        selection, is_groups = dataset.isel(measure=index // 2), index % 2 == 0
        axes = panels.add(page, index, f"{selection['measure'].item()}, {'together' if is_groups else 'single heads'}")
        (_draw_groups if is_groups else _draw_heads)(axes, selection, theme)
        format_value_axis(axes, theme)
        axes.axhline(0, color=theme.muted, linewidth=0.6)
        panels.name(page, axes, index, "undone (share)")
        if panels.is_lowest(index):
            axes.set_xlabel("heads (of a category or layer)" if is_groups else "layer", labelpad=2)
    add_note(page, panels.bottom, note, theme)
    return page


def _note(dataset: xr.Dataset) -> str:
    """Return the note; a decoder has groups of one head index in all layers, an encoder has categories."""
    groups = "of an index in all layers (h)" if "part" in dataset.attrs else "of a category (D, V, G)"
    return (
        "share of the damage that is undone: 0 none, 1 all, below 0: damage is added; left: all heads "
        f"{groups} or of a layer restored together, measured; effects of groups need not sum to 1; right: each head by "
        f"gradient, an estimate, at its layer; {interval_note(dataset, 'effect')}"
    )


def _draw_groups(axes: Axes, selection: xr.Dataset, theme: Theme) -> None:
    names = [str(name) for name in selection["group"].values if name != "all"]
    for place, name in enumerate(names):
        group, colour = selection.sel(group=name), theme.categories.get(name, theme.foreground)
        value = group["group_effect"].item()
        axes.bar(place, value, 0.6, color=colour)
        axes.vlines(place, *group["group_effect_interval"].values, color=theme.muted, linewidth=0.9)
    labels = [_label(name, selection["group_member"].sel(group=name)) for name in names]
    axes.set_xticks(range(len(names)), labels)


def _label(name: str, member: xr.DataArray) -> str:
    """Return the initial of a category, the number of a layer, or `h` and the number of a head in all layers."""
    if name in CATEGORIES:
        return name[0].upper()
    layers, heads = (np.flatnonzero(member.any(dim).values) for dim in ("head", "layer"))
    return f"h{heads[0]}" if len(layers) > len(heads) == 1 else str(layers[0])


def _draw_heads(axes: Axes, selection: xr.Dataset, theme: Theme) -> None:
    effect, ends = selection["effect"].values, selection["effect_interval"].values
    for (layer, head), category in np.ndenumerate(selection["category"].values):
        if np.isfinite(effect[layer, head]):
            place = layer + 0.6 * ((head + 0.5) / effect.shape[1] - 0.5)
            colour = theme.categories.get(category, theme.foreground)
            axes.vlines(place, *ends[layer, head], color=colour, linewidth=0.5, alpha=0.5)
            marker = MARKERS.get(category, "o")
            axes.plot(place, effect[layer, head], marker, color=colour, markersize=2.4, markeredgewidth=0)
    axes.set_xlim(-0.5, effect.shape[0] - 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


FIGURE = FigureSpec(
    name="patch-effects",
    doc="share of the damage of a corruption that restored categories, layers and single heads undo",
    variables=("effect", "effect_interval", "group_effect", "group_effect_interval", "group_member", "category"),
    function=patch_effects,
    kind="patching",
)
