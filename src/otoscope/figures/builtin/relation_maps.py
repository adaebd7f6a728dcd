"""Phone relation maps of a few heads: which phones attend to which, relative to uniform attention."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.attention_map import select_non_overlapping
from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.page import FULL_WIDTH, POINT, add_axes_mm, add_text_mm, ellipsize, new_page, text_width
from otoscope.figures.style.theme import TEXT_PT, Theme
from otoscope.relations.operations import SAME_PHONE, name_operations

LEFT, TOP, SIDE, GAP = 16.0, 17.0, 70.0, 19.0
HEADING, BELOW, KEY = 8.5, 9.5, 15.0
DOUBLINGS = 3  # at which colours end: 1/8 and 8 times uniform
LINE = 3.4  # mm from one line of labels along an edge to the other
EDGE = 1.0  # mm by which a label may reach over the left or right end
TICKS = {-3: "⅛", -2: "¼", -1: "½", 0: "1", 1: "2", 2: "4", 3: "8"}


VARIABLES = [
    "category",
    "preference",
    "concentration",
    "operation_effect",
    "operation_performed",
    "phone_class",
]


def relation_maps(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the relation maps of `shown_heads` from the Dataset of a run."""
    shown = shown_heads(dataset)
    row = HEADING + SIDE + BELOW
    rows = -(-len(shown) // 2)
    figure = new_page(FULL_WIDTH, TOP + rows * row + KEY)
    add_header(figure, "Relations between phones", corpus_caption(dataset), dataset, theme, LEFT + 2 * SIDE + GAP)
    for i, (reason, head) in enumerate(shown.items()):
        _map(figure, head, reason, LEFT + i % 2 * (SIDE + GAP), TOP + i // 2 * row, theme)
    _key(figure, TOP + rows * row + 1.5, theme)
    return figure


def shown_heads(dataset: xr.Dataset) -> dict[str, xr.Dataset]:
    """Return the head of each category with the most extreme concentration, and the best head of the same phone.

    A category without a head is skipped; so is the last head if its effect is undefined.
    """
    heads = dataset[VARIABLES].stack(place=("layer", "head"), create_index=False).load()
    extreme = abs(heads["concentration"]).max("key_phone").fillna(-1)
    same = heads["operation_effect"].sel(operation=SAME_PHONE.target, drop=True)
    selected = {}
    for name in ("global", "vertical", "diagonal"):
        here = extreme.where(heads["category"] == name)
        if here.notnull().any():
            selected[f"{name}, extreme concentration"] = heads.isel(place=int(np.nanargmax(here.values)))
    if same.notnull().any():
        selected["most to the same phone"] = heads.isel(place=int(np.nanargmax(same.values)))
    return selected


def _map(figure: Figure, head: xr.Dataset, reason: str, left: float, top: float, theme: Theme) -> None:
    symbols = [str(symbol) for symbol in head["key_phone"].values]
    performed = [name for name, _ in name_operations(head["operation_performed"].values, symbols)]
    name = f"layer {head['layer'].item()}, head {head['head'].item()}: {reason}"
    add_text_mm(figure, left, top, ellipsize(name, TEXT_PT, SIDE, "bold"), weight="bold")
    add_text_mm(
        figure, left, top + 3.3, _fit_names(performed or ["no operation is significant"], SIDE), color=theme.muted
    )
    axes = add_axes_mm(figure, left, top + HEADING, SIDE, SIDE)
    axes.imshow(_doublings(head["preference"].values), vmin=-DOUBLINGS, vmax=DOUBLINGS, cmap=theme.diverging)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(True)
    _separate(axes, _changes(head["phone_class"].values), theme)
    _label(figure, symbols, left, top + HEADING)


def _doublings(preference: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Return the preference as doublings of uniform attention, within the range of colours; NaN stays NaN."""
    return np.log2(np.maximum(1 + preference, 2.0 ** -(DOUBLINGS + 1)))


def _changes(classes: npt.NDArray[np.object_]) -> npt.NDArray[np.intp]:
    """Return the indices at which the class of phones changes."""
    return 1 + np.flatnonzero(classes[1:] != classes[:-1])


def _separate(axes: Axes, places: npt.NDArray[np.intp], theme: Theme) -> None:
    axes.vlines(places - 0.5, *axes.get_ylim(), color=theme.muted, linewidth=0.4)
    axes.hlines(places - 0.5, *axes.get_xlim(), color=theme.muted, linewidth=0.4)


def _label(figure: Figure, symbols: list[str], left: float, top: float) -> None:
    """Draw the phones along the left and the bottom edge, alternating between two lines, as many as fit."""
    centres = SIDE * (np.arange(len(symbols)) + 0.5) / len(symbols)
    heights = [TEXT_PT * POINT + 0.1] * len(symbols)
    widths = [text_width(symbol, TEXT_PT) + 0.4 for symbol in symbols]
    for line in range(2):
        here = slice(line, None, 2)
        out = 0.8 + line * LINE
        for i in select_non_overlapping(centres[here], heights[here], np.ones(len(centres[here])), SIDE):
            position = (left - out, top + centres[here][i])
            add_text_mm(figure, *position, symbols[here][i], ha="right", va="center_baseline")
        for i in select_non_overlapping(
            centres[here] + EDGE, widths[here], np.ones(len(centres[here])), SIDE + 2 * EDGE
        ):
            add_text_mm(figure, left + centres[here][i], top + SIDE + out, symbols[here][i], ha="center", va="top")


def _fit_names(names: Sequence[str], width: float) -> str:
    """Return the first names as text, as many as fit into a width in mm, and the number of the others."""
    count = len(names)
    while count > 1 and text_width(_join_names(names, count), TEXT_PT) > width:
        count -= 1
    return _join_names(names, count)


def _join_names(names: Sequence[str], count: int) -> str:
    rest = len(names) - count
    return "; ".join([*names[:count], *([f"{rest} more"] if rest else [])])


def _key(figure: Figure, top: float, theme: Theme) -> None:
    axes = add_axes_mm(figure, LEFT, top + 4, SIDE, 2)
    axes.imshow(
        np.linspace(-DOUBLINGS, DOUBLINGS, 256)[None],
        cmap=theme.diverging,
        extent=(-DOUBLINGS, DOUBLINGS, 0, 1),
        aspect="auto",
    )
    axes.set_xticks(list(TICKS), list(TICKS.values()))
    axes.set_yticks([])
    add_text_mm(
        figure, LEFT, top, "attention of query (row) to key (column), times uniform attention", color=theme.muted
    )
    missing = add_axes_mm(figure, LEFT + SIDE + GAP, top + 4, 4, 2, facecolor=theme.grid, xticks=[], yticks=[])
    missing.spines[:].set_visible(False)
    add_text_mm(figure, LEFT + SIDE + GAP + 5.5, top + 3.4, "never together in an utterance", color=theme.muted)


FIGURE = FigureSpec(
    name="relation-maps",
    doc="phone relation maps of the most extreme heads of each category, phones by class, times uniform attention",
    variables=("preference", "concentration", "operation_effect"),
    function=relation_maps,
)
