"""Boundaries and their counts for all points of a grid together: `local_minima` and `count_boundaries` of many scores.

Axes: q point of the grid, t label frame, n boundary of any point.
"""

from collections.abc import Sequence

import numpy as np

from otoscope.segmentation.boundaries import ROUNDING
from otoscope.typing import Array, Floats, Ints


def minima_of_rows(score_qt: Array) -> tuple[Ints, Floats]:
    """Return the row and the frame `[n]` of each local minimum of each row, as `local_minima` of one row.

    Examples:
        >>> rows, frames = minima_of_rows(np.array([[2, 1, 3], [1, 1, 1], [3, 0, 0]]))
        >>> rows.tolist(), frames.tolist()
        ([0], [1.0])
    """
    rows, width = score_qt.shape
    is_start_qt = np.ones((rows, width), dtype=np.bool_)
    is_start_qt[:, 1:] = score_qt[:, 1:] != score_qt[:, :-1]
    starts = np.flatnonzero(is_start_qt)
    ends = np.append(starts[1:], rows * width) - 1
    row, value = starts // width, score_qt.ravel()[starts]
    is_inner = (row[1:-1] == row[:-2]) & (row[1:-1] == row[2:])
    lowest = 1 + np.flatnonzero(is_inner & (value[1:-1] < value[:-2]) & (value[1:-1] < value[2:]))
    return row[lowest], (starts[lowest] + ends[lowest]) / 2 - row[lowest] * width


def number_rows(times: Sequence[Floats]) -> tuple[Ints, Floats]:
    """Return the row and the time `[n]` of each boundary of several segmentations.

    >>> [array.tolist() for array in number_rows([np.array([0.1, 0.2]), np.array([0.3])])]
    [[0, 0, 1], [0.1, 0.2, 0.3]]
    """
    return np.repeat(np.arange(len(times)), [len(row) for row in times]), np.concatenate(times)


def strict_counts_of_rows(reference: Floats, rows: Ints, times: Floats, n_rows: int, tolerance: float) -> Ints:
    """Count the boundaries `[n_rows, count]` of each row as `count_boundaries` does in strict mode.

    Args:
        reference: times `[m]` in seconds, ascending.
        rows: row of each predicted boundary `[n]`.
        times: each predicted boundary `[n]` in seconds.
        n_rows: number of rows.
        tolerance: largest distance of a match in seconds.

    Examples:
        >>> strict_counts_of_rows(np.array([0.1, 0.2]), np.array([1]), np.array([0.11]), 2, 0.020).tolist()
        [[2, 0, 0, 0], [2, 1, 1, 1]]
    """
    predicted = np.bincount(rows, minlength=n_rows)
    matched = np.zeros((n_rows, len(reference)), dtype=np.bool_)
    if len(reference):
        region = np.searchsorted((reference[:-1] + reference[1:]) / 2 + ROUNDING, times)
        is_match = np.abs(times - reference[region]) <= tolerance + ROUNDING
        matched[rows[is_match], region[is_match]] = True
    hits = matched.sum(axis=1)
    return np.stack([np.full(n_rows, len(reference)), predicted, hits, hits], axis=1)
