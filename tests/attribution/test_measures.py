"""Agreement and deletion equal their definitions, each by another path."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from otoscope.attribution.agreement import partial_correlation, rank_correlation
from otoscope.attribution.dataset import group_means
from otoscope.attribution.deletion import FRACTIONS, area, curve_sums, deleted_pieces, shares_left

RNG = np.random.default_rng(0)


def test_rank_correlation_is_that_of_scipy_with_ties():
    a, b = RNG.integers(0, 5, (3, 2, 12)), RNG.normal(size=(3, 2, 12))
    slow = [[spearmanr(a[i, j], b[i, j]).statistic for j in range(2)] for i in range(3)]
    np.testing.assert_allclose(rank_correlation(a, b), slow)


def test_a_constant_score_agrees_with_nothing_and_an_absent_head_is_undefined():
    assert rank_correlation(np.ones(5), np.arange(5.0)) == 0
    assert np.isnan(rank_correlation(np.full(5, np.nan), np.arange(5.0)))


def test_partial_correlation_is_that_of_residuals():
    a, b, c = RNG.normal(size=(3, 30))
    a, b = a + c, b - c
    left = [each - np.polyval(np.polyfit(c, each, 1), c) for each in (a, b)]
    pairs = [np.corrcoef(*pair)[0, 1] for pair in ((a, b), (a, c), (b, c))]
    assert partial_correlation(*pairs) == pytest.approx(np.corrcoef(*left)[0, 1])
    assert partial_correlation(np.array(0.3), np.array(1.0), np.array(0.3)) == 0


def test_pieces_of_highest_score_are_deleted_first():
    scores = RNG.normal(size=10)
    for fraction, deleted in zip(FRACTIONS, deleted_pieces(scores), strict=True):
        expected = set(np.argsort(-scores)[: round(fraction * 10)])
        assert set(np.flatnonzero(deleted)) == expected


def test_a_curve_is_a_loop_over_orders_outputs_and_fractions():
    weights_nz, scores_cnz, runs = RNG.random((2, 10)), RNG.normal(size=(3, 2, 10)), []

    def amounts(deleted_bz):
        runs.append(len(deleted_bz))
        return (~deleted_bz).astype(float) @ weights_nz.T

    slow = np.zeros((3, len(FRACTIONS)))
    for c in range(3):
        for n in range(2):
            for f, fraction in enumerate(FRACTIONS):
                deleted = np.argsort(-scores_cnz[c, n])[: round(fraction * 10)]
                slow[c, f] += np.delete(weights_nz[n], deleted).sum()
    np.testing.assert_allclose(curve_sums(amounts, scores_cnz), slow)
    distinct = {tuple(row) for row in deleted_pieces(scores_cnz).reshape(-1, 10)}
    assert runs == [len(distinct)]  # all pieces and none run once for all orders


def test_the_area_is_low_where_the_score_falls_early():
    early, late = np.array([1, 0.1, 0.1, 0, 0, 0]), np.array([1, 1, 1, 1, 0.9, 0])
    assert area(shares_left(early)) < 0.2 < 0.8 < area(shares_left(late))
    assert area(1 - np.array(FRACTIONS)) == pytest.approx(0.5)


def test_groups_average_the_heads_that_have_a_value():
    values, member = np.array([[1.0, np.nan], [5.0, 7.0]]), np.array([[True, True], [True, False]])
    means = group_means(values, {"two": member, "none": np.zeros((2, 2), bool)})
    assert means[0] == 3
    assert np.isnan(means[1])
