"""Names of all labels along the edges of a relation map, on as many lines as the longest names require.

Names of words are longer than those of phones: they are shortened, and upright below a map.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from otoscope.figures.style.page import POINT, BoxMm, Page, add_text_mm, ellipsize, text_width
from otoscope.figures.style.theme import TEXT_PT

LINE = 3.2  # mm from one line of labels below a map to the next
GAP = 0.5  # mm between two labels of a line
MAX_LINES = 4
HEIGHT = TEXT_PT * POINT
LONG, LONGEST = 7.0, 9.0
"""Mm: width above which a name is long, and the width of the longest."""
EDGE = 6.0
"""Mm for the name of the axis, on the left of long names."""


def label_lines(centres: Sequence[float], sizes: Sequence[float]) -> int:
    """Return on how many lines labels must alternate so that no two of one line touch; at most `MAX_LINES`.

    >>> label_lines([0.0, 2.0, 4.0], [1.0, 1.0, 1.0]), label_lines([0.0, 2.0, 4.0], [2.0, 2.0, 2.0])
    (1, 2)
    """
    for lines in range(1, MAX_LINES):
        if all(_fits(centres[line::lines], sizes[line::lines]) for line in range(lines)):
            return lines
    return MAX_LINES


def left_of_map(symbols: Sequence[str], across: float, least: float) -> float:
    """Return the width in mm on the left of a map that has its labels and `across` mm together; at least `least`."""
    if not _are_long(symbols):
        return least
    lines, left = 0, EDGE
    while lines < MAX_LINES and lines < _lines_upright(symbols, across - left):
        lines, left = lines + 1, EDGE + (lines + 1) * _step(symbols)
    return max(left, least)


def lines_below(symbols: Sequence[str], side: float) -> float:
    """Return the height in mm of the labels below a map."""
    if _are_long(symbols):
        return _step(symbols) * _lines_upright(symbols, side) + 3
    return LINE * label_lines(*_across(symbols, side)) + 2


def label_bottom(page: Page, square: BoxMm, symbols: Sequence[str]) -> None:
    """Add the phones of the keys below a map."""
    centres, widths = _across(symbols, square.side)
    is_upright = _are_long(symbols)
    lines = _lines_upright(symbols, square.side) if is_upright else label_lines(centres, widths)
    step, rotation = (_step(symbols), 90) if is_upright else (LINE, 0)
    for i, symbol in enumerate(symbols):
        position = (square.left + centres[i], square.top + square.side + 0.8 + i % lines * step)
        add_text_mm(page, *position, _short(symbol), ha="center", va="top", rotation=rotation)


def label_left(page: Page, square: BoxMm, symbols: Sequence[str]) -> None:
    """Add the phones of the queries on the left of a map, further out where neighbours would touch."""
    centres, _ = _across(symbols, square.side)
    lines, step = _lines_upright(symbols, square.side), _step(symbols)
    for i, symbol in enumerate(symbols):
        position = (square.left - 0.8 - i % lines * step, square.top + centres[i])
        add_text_mm(page, *position, _short(symbol), ha="right", va="center_baseline")


def _across(symbols: Sequence[str], side: float) -> tuple[list[float], list[float]]:
    """Return centre and width of each label in mm from the left edge of a map."""
    centres = side * (np.arange(len(symbols)) + 0.5) / len(symbols)
    return centres.tolist(), [text_width(_short(symbol), TEXT_PT) for symbol in symbols]


def _lines_upright(symbols: Sequence[str], side: float) -> int:
    """Return on how many lines labels alternate of which each needs the height of text."""
    return label_lines(_across(symbols, side)[0], [HEIGHT] * len(symbols))


def _step(symbols: Sequence[str]) -> float:
    return max(_across(symbols, 0.0)[1]) + GAP


def _are_long(symbols: Sequence[str]) -> bool:
    return max(_across(symbols, 0.0)[1]) > LONG


def _short(symbol: str) -> str:
    return ellipsize(symbol, TEXT_PT, LONGEST)


def _fits(centres: Sequence[float], sizes: Sequence[float]) -> bool:
    """Return whether neighbours on one line have a gap between them."""
    labels = zip(centres, sizes, strict=True)
    return all(b - a >= (width_a + width_b) / 2 + GAP for (a, width_a), (b, width_b) in pairwise(labels))
