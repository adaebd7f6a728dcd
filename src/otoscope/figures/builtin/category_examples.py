"""What the categories look like: the median and the extreme head of each by its statistic, on one utterance."""

from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.builtin.attention_map import colour_scales, label_keys, label_queries, marks_of, show_map
from otoscope.figures.figure_spec import Drawing
from otoscope.figures.head_table import placed
from otoscope.figures.style.header import of_utterance, title
from otoscope.figures.style.page import COLUMN, Square, page, sheet, write
from otoscope.figures.style.theme import LETTERS, Theme
from otoscope.results.rounding import decimals, with_half_width

LEFT, TOP, SIDE, GAP, ROW = 11.0, 19.0, 33.5, 7.5, 47.0
HEADING, BELOW = 7.0, 16.0


def category_examples(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the examples from the Dataset of a run, merged with the map of one utterance."""
    figure = page(COLUMN, TOP + len(LETTERS) * ROW + BELOW)
    title(figure, "Heads of each category", of_utterance(dataset), dataset, theme, COLUMN)
    for column, name in enumerate(("median head", "extreme head")):
        write(figure, LEFT + column * (SIDE + GAP), TOP - 4.5, name, weight="bold")
    paper = sheet(figure)
    for i, category in enumerate(LETTERS):
        _row(paper, dataset, category, TOP + i * ROW, theme)
    colour_scales(figure, LEFT, TOP + len(LETTERS) * ROW + 1, COLUMN - LEFT - 5, theme)
    return figure


def _row(paper: Axes, dataset: xr.Dataset, category: str, top: float, theme: Theme) -> None:
    colour, middle = theme.categories[category], top + HEADING + SIDE / 2
    paper.text(3.0, middle, category, rotation=90, weight="bold", color=colour, ha="center", va="center")
    heads = _examples(placed(dataset), category)
    for column, head in enumerate(heads.itertuples()):
        _show(paper, dataset, head, LEFT + column * (SIDE + GAP), top, theme)
    if heads.empty:
        paper.text(LEFT + SIDE + GAP / 2, middle, f"no head is {category}", color=theme.quiet, ha="center")


def _examples(heads: pd.DataFrame, category: str) -> pd.DataFrame:
    """The median head of a category by its statistic, then its highest; none where no head is of that category."""
    ordered = heads[heads["category"] == category].sort_values("value", kind="stable")
    return ordered.iloc[[(len(ordered) - 1) // 2, -1]] if len(ordered) else ordered


def _show(paper: Axes, dataset: xr.Dataset, head: Any, left: float, top: float, theme: Theme) -> None:
    half_width = (head.high - head.low) / 2
    value = with_half_width(head.value, half_width, decimals(half_width, most=6)).replace("-", "−")
    paper.text(left, top, f"layer {head.layer}, head {head.head}", va="top")
    paper.text(left, top + 3.2, f"{LETTERS[head.category]} = {value}", va="top", color=theme.quiet)
    square = Square(left, top + HEADING, SIDE)
    attn_qk = dataset["attention"].sel(layer=head.layer, head=head.head).values
    show_map(paper, square, attn_qk, head.category, theme)
    label_keys(paper, square, marks_of(dataset), theme)
    label_queries(paper, square, marks_of(dataset), theme)


FIGURE = Drawing(
    name="category-examples",
    doc="the median and the extreme head of each category on one utterance, phones along both axes",
    variables=("attention", "category"),
    function=category_examples,
)
