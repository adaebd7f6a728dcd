"""Examples of the categories: the median and the extreme head of each by its statistic, on one utterance."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.attention_map import (
    NOTE,
    SCALES_HEIGHT,
    axis_labels,
    category_scales,
    label_keys,
    label_queries,
    show_map,
)
from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.head_table import head_rankings, units_of
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, utterance_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import COLUMN, WIDE, BoxMm, Page, add_text_mm, new_page, page_axes
from otoscope.figures.style.theme import LETTERS
from otoscope.results.categories import CATEGORY_STATISTIC
from otoscope.results.rounding import decimals, format_with_error

TOP, GAP, EDGE, RIGHT = 14.5, 7.5, 11.0, 2.0  # mm: above the first map's text, between maps, left, right
HEADING, BELOW = 11.0, 6.0  # mm: text above a map, labels below it
EXAMPLES = ("median", "extreme")


@dataclass(frozen=True)
class CategoryGrid:
    """Maps in columns: two heads in a row on a narrow page, the categories in a row on a wide one."""

    columns: int
    side: float

    def square(self, category: int, example: int) -> BoxMm:
        """Return the position of a map."""
        row, column = (category, example) if self.columns == len(EXAMPLES) else (example, category)
        top = TOP + row * (HEADING + self.side + BELOW) + HEADING
        return BoxMm(EDGE + column * (self.side + GAP), top, self.side)


def category_examples(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the examples from the Dataset of a run, merged with the map of one utterance."""
    width, theme = design.width(COLUMN), design.theme
    columns = len(LETTERS) if width >= WIDE else len(EXAMPLES)
    grid = CategoryGrid(columns, (width - EDGE - RIGHT + GAP) / columns - GAP)
    note = f"±: half of the 95 % interval; {NOTE}"
    bottom = grid.square(len(LETTERS) - 1, len(EXAMPLES) - 1).top + grid.side + BELOW
    page = new_page(design, width, bottom + SCALES_HEIGHT + 2 + note_height(note, width))
    add_header(page, "Heads of each category", utterance_caption(dataset), dataset, design)
    heads = head_rankings(dataset)
    for index, category in enumerate(LETTERS):
        examples = list(_examples(heads, category).itertuples())
        for place, head in enumerate(examples):
            _show(page, dataset, grid.square(index, place), (EXAMPLES[place], head), design)
        if not examples:
            square = grid.square(index, 0)
            add_text_mm(page, square.left, square.top, f"no head is {category}", color=theme.muted)
    category_scales(page, EDGE, bottom + 1, min(width - EDGE - 5, COLUMN), theme)
    add_note(page, bottom + SCALES_HEIGHT + 2, note, theme)
    return page


def _examples(heads: pd.DataFrame, category: str) -> pd.DataFrame:
    """Return the median head of a category by its statistic, then the highest; empty if the category has no head."""
    ordered = heads[heads["category"] == category].sort_values("value", kind="stable")
    return ordered.iloc[[(len(ordered) - 1) // 2, -1]] if len(ordered) else ordered


def _show(page: Page, dataset: xr.Dataset, square: BoxMm, example: tuple[str, Any], design: Design) -> None:
    (name, head), theme = example, design.theme
    half_width = (head.high - head.low) / 2
    value = format_with_error(head.value, half_width, decimals(half_width, most=6)).replace("-", "−")
    units = units_of(dataset[CATEGORY_STATISTIC[head.category]])
    lines: list[tuple[str, dict[str, str]]] = [
        (f"{head.category}, {name}", {"weight": "bold", "color": theme.categories[head.category]}),
        (f"layer {head.layer}, head {head.head}", {}),
        (f"{LETTERS[head.category]} = {value} {units}".rstrip(), {"color": theme.muted}),
    ]
    for index, (text, look) in enumerate(lines):
        add_text_mm(page, square.left, square.top - HEADING + 0.6 + 3.3 * index, text, **look)
    paper = page_axes(page)
    attn_qk = dataset["attention"].sel(layer=head.layer, head=head.head).values
    show_map(paper, square, attn_qk, head.category, theme)
    label_keys(paper, square, axis_labels(dataset), theme)
    label_queries(paper, square, axis_labels(dataset), theme)


FIGURE = FigureSpec(
    name="category-examples",
    doc="the median and the extreme head of each category on one utterance, phones along both axes",
    variables=("attention", "category"),
    function=category_examples,
)
