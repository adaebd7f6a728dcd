"""Verticality of heads against their highest and lowest concentration on a phone."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.concentration import supported_concentration
from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.head_table import FAINT, are_chosen, draw_heads, quantity
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.legend import add_category_legend
from otoscope.figures.style.note import add_note, interval_note, note_height
from otoscope.figures.style.page import COLUMN, WIDE, add_axes_mm, add_text_mm, name_vertical, new_page
from otoscope.relations.operations import label_kind

LEFT, TOP, RIGHT, HEIGHT, PITCH = 13.0, 22.0, 4.0, 44.0, 59.0
NOTE = "they can reach beyond the axes; {kind}s without an interval are not shown; dashes: uniform attention"
BEYOND = 1.5  # times the highest value: where an axis ends though a bar is longer
PANELS = {"focus: the most attended {kind}": "max", "neglect: the least attended {kind}": "min"}


def concentration(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw focus and neglect of every head from the Dataset of a run."""
    width, theme = design.width(COLUMN), design.theme
    columns = 2 if width >= WIDE else 1
    across = (width - RIGHT) / columns
    kind = label_kind(dataset.attrs)
    note = f"{interval_note(dataset, 'concentration', 'verticality')}; {NOTE.format(kind=kind)}"
    bottom = TOP + PITCH * len(PANELS) / columns - 3
    page = new_page(design, width, bottom + note_height(note, width))
    add_header(page, "Verticality and concentration", corpus_caption(dataset), dataset, design)
    add_category_legend(page, dataset, LEFT, TOP - 8.5, theme)
    for index, (title, extreme) in enumerate(PANELS.items()):
        left, top = LEFT + index % columns * across, TOP + index // columns * PITCH
        add_text_mm(page, left, top - 4, title.format(kind=kind), weight="bold")
        axes = add_axes_mm(page, left, top, across - LEFT, HEIGHT)
        axes.axhline(1, color=theme.muted, linewidth=0.5, linestyle=(0, (3, 2)), zorder=0)
        _draw(axes, dataset, extreme, design)
        name_vertical(page, axes, "concentration (times uniform)", left - LEFT + 4.5)
    add_note(page, bottom, note, theme)
    return page


def _draw(axes: Axes, dataset: xr.Dataset, extreme: str, design: Design) -> None:
    value, ends = extreme_concentration(dataset, extreme)
    draw_heads(axes, dataset, (dataset["verticality"].values, value), ends, design)
    bounds = dataset["verticality_interval"].values
    across = dict(zip(("low", "high"), np.moveaxis(bounds, -1, 0), strict=True))
    chosen = are_chosen(dataset, design)
    for category, colour in design.theme.categories.items():
        for is_chosen, alpha in ((False, FAINT), (True, 1.0)):
            here = (dataset["category"].values == category) & (chosen == is_chosen)
            low, high = across["low"][here], across["high"][here]
            axes.hlines(value[here], low, high, color=colour, linewidth=0.5, zorder=1, alpha=alpha)
    axes.margins(0.06)
    bottom, top = axes.get_ylim()
    highest = max(1.0, np.nanmax(value))
    axes.set_ylim(max(bottom, -0.06 * highest), min(top, BEYOND * highest))
    axes.set_xlabel(quantity(dataset["verticality"]), labelpad=2)


def extreme_concentration(dataset: xr.Dataset, extreme: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the highest (`max`) or lowest (`min`) concentration of each head on a phone, and its interval.

    Args:
        dataset: Dataset of a run with relations.
        extreme: `max` or `min`.

    Returns:
        Values `[layer, head]` and ends `[layer, head, bound]`, times uniform attention.
    """
    value = supported_concentration(dataset)
    undefined = -np.inf if extreme == "max" else np.inf
    phone = getattr(value.fillna(undefined), f"arg{extreme}")("key_phone")
    ends = 1 + dataset["concentration_interval"].isel(key_phone=phone)
    return value.isel(key_phone=phone).values, ends.transpose("layer", "head", "bound").values


FIGURE = FigureSpec(
    name="concentration",
    doc=(
        "verticality of every head against its concentration on the phone that it attends to most and least, of the "
        "phones that have an interval"
    ),
    variables=("concentration", "concentration_interval", "verticality"),
    function=concentration,
    has_choice=True,
)
