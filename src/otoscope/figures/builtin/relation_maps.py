"""Phone relation maps of a few heads: which phones attend to which, relative to uniform attention."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from otoscope.figures.concentration import supported_concentration
from otoscope.figures.edge_labels import label_bottom, label_left, left_of_map, lines_below
from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.colour_bar import BELOW_BAR, ColourScale, add_colour_bar
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import (
    FULL_HEIGHT,
    FULL_WIDTH,
    WIDE,
    BoxMm,
    Page,
    add_axes_mm,
    add_text_mm,
    ellipsize,
    new_page,
    text_width,
)
from otoscope.figures.style.theme import TEXT_PT, Theme
from otoscope.relations.operations import SAME_PHONE, label_kind, name_operations
from otoscope.typing import Array

LEFT, TOP, RIGHT, HEADING, AXIS = 18.0, 14.0, 2.0, 11.5, 3.5
FAINTEST, STRONGEST = 1 / 8, 8  # at which colours end
TICKS = {1 / 8: "≤⅛", 1 / 4: "¼", 1 / 2: "½", 1: "1", 2: "2", 4: "4", 8: "≥8"}
LABEL = "attention (times uniform)"
NOTE = "grey: the two {kind}s never occur in one utterance; the table of pairs has the intervals of the values"
BELOW = 24.0
"""Height in mm of the scale and of the longest note."""
VARIABLES = [
    "category",
    "preference",
    "concentration",
    "concentration_interval",
    "operation_effect",
    "operation_performed",
    "phone_class",
]


def relation_maps(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the relation maps of `shown_heads`, or of the heads of the Design, from the Dataset of a run."""
    width = design.width(FULL_WIDTH)
    columns = 2 if width >= WIDE else 1
    across = (width - RIGHT) / columns
    symbols = [str(symbol) for symbol in dataset["key_phone"].values]
    left, kind = left_of_map(symbols, across, LEFT), label_kind(dataset.attrs)
    row = HEADING + (across - left) + lines_below(symbols, across - left) + AXIS
    shown = chosen_heads(dataset, design) if design.heads else shown_heads(dataset)
    fitting = len(shown) if design.heads else columns * int((FULL_HEIGHT - TOP - BELOW) // row)
    note = NOTE.format(kind=kind)
    note = note if fitting >= len(shown) else f"{fitting} of {len(shown)} heads, a wider page shows all; {note}"
    rows = -(-min(len(shown), fitting) // columns)
    page = new_page(design, width, TOP + rows * row + BELOW_BAR + 1 + note_height(note, width))
    add_header(page, f"Relations between {kind}s", corpus_caption(dataset), dataset, design)
    for i, (reason, head) in enumerate(list(shown.items())[:fitting]):
        square = BoxMm(left + i % columns * across, TOP + i // columns * row + HEADING, across - left)
        _map(page, head, reason, square, left, design.theme)
    scale = ColourScale(design.theme.diverging, LogNorm(FAINTEST, STRONGEST), TICKS, LABEL)
    add_colour_bar(page, LEFT, TOP + rows * row, min(60.0, width - LEFT - RIGHT), scale)
    add_note(page, TOP + rows * row + BELOW_BAR + 1, note, design.theme)
    return page


def shown_heads(dataset: xr.Dataset) -> dict[str, xr.Dataset]:
    """Return the head of each category with the most extreme concentration, and the best head of the same phone.

    A category without a head is skipped; so is the last head if its effect is undefined. A head that is shown for two
    reasons is shown once, with both. The concentration is that of phones with an interval.
    """
    heads = _stack(dataset)
    extreme = abs(supported_concentration(heads) - 1).max("key_phone").fillna(-1)
    same = heads["operation_effect"].sel(operation=SAME_PHONE.target, drop=True)
    reasons: dict[int, list[str]] = {}
    for name in ("global", "vertical", "diagonal"):
        here = extreme.where(heads["category"] == name)
        if here.notnull().any():
            reasons.setdefault(int(np.nanargmax(here.values)), []).append(f"most extreme of the {name} heads")
    if same.notnull().any():
        reasons.setdefault(int(np.nanargmax(same.values)), []).append("most to the same phone elsewhere")
    return {"; ".join(texts): heads.isel(place=place) for place, texts in reasons.items()}


def chosen_heads(dataset: xr.Dataset, design: Design) -> dict[str, xr.Dataset]:
    """Return the heads that the Design names, each with its category and number."""
    heads, n_heads = _stack(dataset), dataset.sizes["head"]
    places = {head: head[0] * n_heads + head[1] for head in design.heads}
    return {
        f"{heads['category'].values[place]}, {head[0]}.{head[1]}": heads.isel(place=place)
        for head, place in places.items()
    }


def _stack(dataset: xr.Dataset) -> xr.Dataset:
    return dataset[VARIABLES].stack(place=("layer", "head"), create_index=False).load()


def _map(page: Page, head: xr.Dataset, reason: str, square: BoxMm, margin: float, theme: Theme) -> None:
    left, top, side = square
    symbols = [str(symbol) for symbol in head["key_phone"].values]
    performed = [name for name, _ in name_operations(head["operation_performed"].values, symbols)]
    title = f"layer {head['layer'].item()}, head {head['head'].item()}"
    add_text_mm(page, left, top - HEADING + 0.5, title, weight="bold")
    add_text_mm(page, left, top - HEADING + 3.8, ellipsize(reason, TEXT_PT, side))
    operations = _fit_names(performed or ["no operation is significant"], side)
    add_text_mm(page, left, top - HEADING + 7.1, operations, color=theme.muted)
    axes = add_axes_mm(page, left, top, side, side)
    times_uniform = np.maximum(1 + head["preference"].transpose("query_phone", ...).values, FAINTEST / 2)
    axes.imshow(times_uniform, norm=LogNorm(FAINTEST, STRONGEST), cmap=theme.diverging, aspect="auto")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(True)
    _separate(axes, head["phone_class"].values, theme)
    kind = label_kind(head.attrs)
    add_text_mm(page, left - margin + 4.5, top + side / 2, f"query {kind}", rotation=90, ha="right", va="center")
    add_text_mm(page, left + side / 2, top + side + lines_below(symbols, side) - 0.8, f"key {kind}", ha="center")
    label_left(page, square, symbols)
    label_bottom(page, square, symbols)


def _separate(axes: Axes, classes: Array, theme: Theme) -> None:
    """Draw lines where the class of phones changes."""
    places = 1 + np.flatnonzero(classes[1:] != classes[:-1])
    axes.vlines(places - 0.5, *axes.get_ylim(), color=theme.muted, linewidth=0.4)
    axes.hlines(places - 0.5, *axes.get_xlim(), color=theme.muted, linewidth=0.4)


def _fit_names(names: Sequence[str], width: float) -> str:
    """Return the first names as text, as many as fit into a width in mm, and the number of the others."""
    count = len(names)
    while count > 1 and text_width(_join_names(names, count), TEXT_PT) > width:
        count -= 1
    return ellipsize(_join_names(names, count), TEXT_PT, width)


def _join_names(names: Sequence[str], count: int) -> str:
    rest = len(names) - count
    return "; ".join([*names[:count], *([f"{rest} more"] if rest else [])])


FIGURE = FigureSpec(
    name="relation-maps",
    doc="phone relation maps of the most extreme heads of each category, phones by class, times uniform attention",
    variables=("preference", "concentration", "operation_effect"),
    function=relation_maps,
    has_choice=True,
)
