"""Examples of the categories: the median and the extreme head of each by its statistic, on one utterance."""

from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.attention_map import axis_labels, colour_scales, label_keys, label_queries, show_map
from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.head_table import head_rankings
from otoscope.figures.style.header import add_header, utterance_caption
from otoscope.figures.style.page import COLUMN, BoxMm, add_text_mm, new_page, page_axes
from otoscope.figures.style.theme import LETTERS, Theme
from otoscope.results.rounding import decimals, format_with_error

LEFT, TOP, SIDE, GAP, ROW = 11.0, 19.0, 33.5, 7.5, 47.0
HEADING, BELOW = 7.0, 16.0


def category_examples(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the examples from the Dataset of a run, merged with the map of one utterance."""
    figure = new_page(COLUMN, TOP + len(LETTERS) * ROW + BELOW)
    add_header(figure, "Heads of each category", utterance_caption(dataset), dataset, theme, COLUMN)
    for column, name in enumerate(("median head", "extreme head")):
        add_text_mm(figure, LEFT + column * (SIDE + GAP), TOP - 4.5, name, weight="bold")
    paper = page_axes(figure)
    for i, category in enumerate(LETTERS):
        _row(paper, dataset, category, TOP + i * ROW, theme)
    colour_scales(figure, LEFT, TOP + len(LETTERS) * ROW + 1, COLUMN - LEFT - 5, theme)
    return figure


def _row(paper: Axes, dataset: xr.Dataset, category: str, top: float, theme: Theme) -> None:
    colour, middle = theme.categories[category], top + HEADING + SIDE / 2
    paper.text(3.0, middle, category, rotation=90, weight="bold", color=colour, ha="center", va="center")
    heads = _examples(head_rankings(dataset), category)
    for column, head in enumerate(heads.itertuples()):
        _show(paper, dataset, head, LEFT + column * (SIDE + GAP), top, theme)
    if heads.empty:
        paper.text(LEFT + SIDE + GAP / 2, middle, f"no head is {category}", color=theme.muted, ha="center")


def _examples(heads: pd.DataFrame, category: str) -> pd.DataFrame:
    """Return the median head of a category by its statistic, then the highest; empty if the category has no head."""
    ordered = heads[heads["category"] == category].sort_values("value", kind="stable")
    return ordered.iloc[[(len(ordered) - 1) // 2, -1]] if len(ordered) else ordered


def _show(paper: Axes, dataset: xr.Dataset, head: Any, left: float, top: float, theme: Theme) -> None:
    half_width = (head.high - head.low) / 2
    value = format_with_error(head.value, half_width, decimals(half_width, most=6)).replace("-", "−")
    paper.text(left, top, f"layer {head.layer}, head {head.head}", va="top")
    paper.text(left, top + 3.2, f"{LETTERS[head.category]} = {value}", va="top", color=theme.muted)
    square = BoxMm(left, top + HEADING, SIDE)
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
