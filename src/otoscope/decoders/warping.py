"""Monotone alignment of the rows of attention maps with their columns, as dynamic time warping."""

import numpy as np


def standardize_rows(map_qk: np.ndarray) -> np.ndarray:
    """Return a map `[..., rows, columns]` whose rows sum to one, as z-scores of each column over the rows."""
    shares = map_qk.astype(np.float64)
    shares /= np.maximum(shares.sum(-1, keepdims=True), 1e-30)
    return (shares - shares.mean(-2, keepdims=True)) / (shares.std(-2, keepdims=True) + 1e-9)


def first_columns(evidence_qk: np.ndarray) -> np.ndarray:
    """Return the first column of each row on the monotone path with the most evidence, from corner to corner.

    A path steps to the next row, to the next column, or to both (Sakoe and Chiba 1978). Each row is one scan: the best
    column at which a path enters the row, plus the evidence from there on.

    Args:
        evidence_qk: evidence that a row belongs to a column, `[rows, columns]`.

    Examples:
        >>> first_columns(np.array([[1.0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))
        array([0, 2, 3])
    """
    rows, columns = evidence_qk.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0
    for row, evidence in enumerate(evidence_qk, start=1):
        sums = np.concatenate([[0.0], np.cumsum(-evidence)])
        entry = np.minimum(total[row - 1, :-1], total[row - 1, 1:]) - sums[:-1]
        total[row, 1:] = np.minimum.accumulate(entry) + sums[1:]
    return _trace(total)


def _trace(total: np.ndarray) -> np.ndarray:
    """Follow the cheapest path back from the last corner."""
    row, column = (size - 1 for size in total.shape)
    first = np.zeros(row, int)
    while row > 0 and column > 0:
        first[row - 1] = column - 1
        both, up, left = total[row - 1, column - 1], total[row - 1, column], total[row, column - 1]
        if both <= up and both <= left:
            row, column = row - 1, column - 1
        elif up <= left:
            row -= 1
        else:
            column -= 1
    return first
