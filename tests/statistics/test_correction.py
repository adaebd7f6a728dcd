"""Corrected p-values follow the definitions of Holm, and of Benjamini and Hochberg, step by step."""

import numpy as np
import pytest

from otoscope.statistics.correction import CORRECTIONS, fdr, holm


def rejected_by_holm(p, level):
    """Reject in the order of p while p is at most level / (number that is left)."""
    order, rejected = np.argsort(p), np.zeros(len(p), bool)
    for step, index in enumerate(order):
        if p[index] > level / (len(p) - step):
            break
        rejected[index] = True
    return rejected


def rejected_by_fdr(p, level):
    """Reject the k smallest, for the largest k with p_(k) <= level k / m."""
    order = np.argsort(p)
    passing = [k for k in range(1, len(p) + 1) if p[order[k - 1]] <= level * k / len(p)]
    rejected = np.zeros(len(p), bool)
    rejected[order[: max(passing, default=0)]] = True
    return rejected


@pytest.mark.parametrize(("adjust", "rejected"), [(holm, rejected_by_holm), (fdr, rejected_by_fdr)])
def test_an_adjusted_p_is_below_a_level_exactly_where_the_procedure_rejects(adjust, rejected):
    for seed in range(20):
        p = np.random.default_rng(seed).uniform(0, 1, 12) ** 4
        for level in (0.01, 0.05, 0.2):
            assert ((adjust(p) <= level) == rejected(p, level)).all()


@pytest.mark.parametrize("name", ["holm", "fdr"])
def test_what_has_no_p_value_is_no_comparison(name):
    adjusted = CORRECTIONS[name](np.array([np.nan, 0.02, np.nan]))
    assert np.array_equal(adjusted, [np.nan, 0.02, np.nan], equal_nan=True)
    assert np.isnan(CORRECTIONS[name](np.array([np.nan]))).all()
