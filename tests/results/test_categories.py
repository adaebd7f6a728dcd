"""A head belongs to the category in whose list it has the best rank."""

import numpy as np
import pytest

from otoscope.results import CATEGORIES, categorise, competition_ranks


def slow_rank(values, i):
    """One more than the number of heads that are higher."""
    return 1 + sum(other > values[i] for other in values if not np.isnan(other))


def slow_category(statistics, i):
    """Go through the lists in the order that decides equal ranks; keep the first of the best rank."""
    if any(np.isnan(values[i]) for values in statistics.values()):
        return ""
    best, found = None, ""
    for category, name in (("diagonal", "diagonality"), ("vertical", "verticality"), ("global", "globalness")):
        rank = slow_rank(statistics[name], i)
        if best is None or rank < best:
            best, found = rank, category
    return found


def drawn(seed, shape=(4, 5), absent=3):
    """Random statistics with many equal values and some absent heads."""
    rng = np.random.default_rng(seed)
    values = {name: rng.integers(0, 8, shape) / 4 for name in ("globalness", "verticality", "diagonality")}
    gone = rng.permutation(shape[0] * shape[1])[:absent]
    for array in values.values():
        array.flat[gone] = np.nan
    return values


@pytest.mark.parametrize("seed", range(20))
def test_ranks_count_the_higher_heads(seed):
    values = drawn(seed)["globalness"].ravel()
    present = np.flatnonzero(~np.isnan(values))
    assert competition_ranks(values)[present].tolist() == [slow_rank(values, i) for i in present]


@pytest.mark.parametrize("seed", range(20))
def test_categories_equal_the_literal_rule(seed):
    statistics = drawn(seed)
    flat = {name: values.ravel() for name, values in statistics.items()}
    expected = [slow_category(flat, i) for i in range(20)]
    assert categorise(**statistics).ravel().tolist() == expected


def test_equal_ranks_go_to_diagonal_then_vertical_then_global():
    same = np.zeros((1, 1))
    assert categorise(same, same, same).item() == "diagonal"
    G, V, D = np.array([[[2.0, 1.0]], [[2.0, 1.0]], [[1.0, 2.0]]])
    assert categorise(G, V, D).tolist() == [["vertical", "diagonal"]]


def test_the_most_diagonal_head_is_always_diagonal():
    """Rank 1 cannot be beaten and the tie goes to diagonal, so that list is never empty (figures rely on it)."""
    for seed in range(50):
        statistics = drawn(seed)
        highest = np.nanargmax(statistics["diagonality"])
        assert categorise(**statistics).flat[highest] == "diagonal"


def test_resamples_are_ranked_one_by_one():
    several = [drawn(seed, absent=0) for seed in range(6)]
    together = {name: np.stack([one[name] for one in several]) for name in several[0]}
    for one, category in zip(several, categorise(**together), strict=True):
        assert (categorise(**one) == category).all()


def test_names_of_categories():
    assert set(CATEGORIES) == {"global", "vertical", "diagonal"}
