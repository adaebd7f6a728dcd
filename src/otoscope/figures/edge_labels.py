"""Names of all phones along the edges of a relation map, on as many lines as the longest names require."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from otoscope.figures.style.page import POINT, BoxMm, Page, add_text_mm, text_width
from otoscope.figures.style.theme import TEXT_PT

LINE = 3.2  # mm from one line of labels below a map to the next
GAP = 0.5  # mm between two labels of a line
MAX_LINES = 4
HEIGHT = TEXT_PT * POINT


def label_lines(centres: Sequence[float], sizes: Sequence[float]) -> int:
    """Return on how many lines labels must alternate so that no two of one line touch; at most `MAX_LINES`.

    >>> label_lines([0.0, 2.0, 4.0], [1.0, 1.0, 1.0]), label_lines([0.0, 2.0, 4.0], [2.0, 2.0, 2.0])
    (1, 2)
    """
    for lines in range(1, MAX_LINES):
        if all(_fits(centres[line::lines], sizes[line::lines]) for line in range(lines)):
            return lines
    return MAX_LINES


def lines_below(symbols: Sequence[str], side: float) -> float:
    """Return the height in mm of the labels below a map."""
    return LINE * label_lines(*_across(symbols, side)) + 2


def label_bottom(page: Page, square: BoxMm, symbols: Sequence[str]) -> None:
    """Add the phones of the keys below a map."""
    centres, widths = _across(symbols, square.side)
    lines = label_lines(centres, widths)
    for i, symbol in enumerate(symbols):
        position = (square.left + centres[i], square.top + square.side + 0.8 + i % lines * LINE)
        add_text_mm(page, *position, symbol, ha="center", va="top")


def label_left(page: Page, square: BoxMm, symbols: Sequence[str]) -> None:
    """Add the phones of the queries on the left of a map, further out where neighbours would touch."""
    centres, widths = _across(symbols, square.side)
    lines = label_lines(centres, [HEIGHT] * len(symbols))
    step = max(widths) + GAP
    for i, symbol in enumerate(symbols):
        position = (square.left - 0.8 - i % lines * step, square.top + centres[i])
        add_text_mm(page, *position, symbol, ha="right", va="center_baseline")


def _across(symbols: Sequence[str], side: float) -> tuple[list[float], list[float]]:
    """Return centre and width of each label in mm from the left edge of a map."""
    centres = side * (np.arange(len(symbols)) + 0.5) / len(symbols)
    return centres.tolist(), [text_width(symbol, TEXT_PT) for symbol in symbols]


def _fits(centres: Sequence[float], sizes: Sequence[float]) -> bool:
    """Return whether neighbours on one line have a gap between them."""
    labels = zip(centres, sizes, strict=True)
    return all(b - a >= (width_a + width_b) / 2 + GAP for (a, width_a), (b, width_b) in pairwise(labels))
