"""The fast path search equals a plain one."""

import numpy as np

from otoscope.decoders.warping import first_columns, standardize_rows


def slow_first_columns(evidence):
    """Fill the table cell by cell, and follow it back."""
    rows, columns = evidence.shape
    best = np.full((rows, columns), -np.inf)
    for i in range(rows):
        for j in range(columns):
            before = [best[i - 1, j - 1] if i and j else -np.inf, best[i - 1, j] if i else -np.inf]
            before.append(best[i, j - 1] if j else -np.inf)
            best[i, j] = evidence[i, j] + (0.0 if i == j == 0 else max(before))
    i, j, first = rows - 1, columns - 1, {}
    while True:
        first[i] = j
        if i == j == 0:
            return [first[row] for row in range(rows)]
        steps = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
        i, j = max((step for step in steps if min(step) >= 0), key=lambda step: best[step])


def test_first_columns_equal_those_of_a_plain_search():
    random = np.random.default_rng(0)
    for rows, columns in [(1, 5), (5, 1), (4, 9), (9, 4), (12, 30)]:
        evidence = random.normal(size=(rows, columns))
        assert first_columns(evidence).tolist() == slow_first_columns(evidence)


def test_padding_that_is_cropped_changes_nothing():
    map_qk = np.random.default_rng(0).random((4, 10))
    padded = np.pad(map_qk, ((0, 0), (0, 5)))
    np.testing.assert_allclose(standardize_rows(padded)[:, :10], standardize_rows(map_qk))
