"""Intervals over utterances equal a bootstrap that is written out resample by resample."""

import numpy as np
import pytest

from otoscope.results import Bootstrap, bootstrap, categorise
from otoscope.statistics.accumulator import mean_of_defined

NAMES = ("globalness", "verticality", "diagonality", "weight")
SMALL = Bootstrap(resamples=60, seed=3)


def drawn_rows(n_utterances, seed=0, shape=(3, 4)):
    rng = np.random.default_rng(seed)
    level = {name: rng.standard_normal(shape) for name in NAMES}
    return {name: level[name] + rng.standard_normal((n_utterances, *shape)) for name in NAMES}


def slow_draws(n_utterances, plan):
    """The utterances of each resample, drawn one resample at a time."""
    rng = np.random.default_rng(plan.seed)
    return [rng.integers(n_utterances, size=n_utterances) for _ in range(plan.resamples)]


def slow_interval(values, plan):
    means = [values[drawn].mean(axis=0) for drawn in slow_draws(len(values), plan)]
    return np.stack([np.percentile(means, 2.5, axis=0), np.percentile(means, 97.5, axis=0)], axis=-1)


def test_row_intervals_equal_the_written_out_bootstrap():
    rows = drawn_rows(7)
    intervals, _ = bootstrap.row_intervals(rows, SMALL)
    for name, values in rows.items():
        np.testing.assert_allclose(intervals[name], slow_interval(values, SMALL), rtol=1e-12)


def test_utterances_for_which_a_statistic_is_undefined_are_left_out_of_its_means_and_resamples():
    rows = drawn_rows(40)
    rows["weight"][::4] = np.nan
    intervals, _ = bootstrap.row_intervals(rows, SMALL)
    means = [np.nanmean(rows["weight"][drawn], axis=0) for drawn in slow_draws(40, SMALL)]
    expected = np.stack([np.percentile(means, 2.5, axis=0), np.percentile(means, 97.5, axis=0)], axis=-1)
    np.testing.assert_allclose(intervals["weight"], expected, rtol=1e-12)
    np.testing.assert_allclose(mean_of_defined(rows["weight"]), np.nanmean(rows["weight"], axis=0), rtol=1e-12)


def test_agreement_resamples_the_three_statistics_jointly():
    rows = drawn_rows(7)
    now = categorise(*(rows[name].mean(axis=0) for name in NAMES[:3]))
    kept = [
        categorise(*(rows[name][drawn].mean(axis=0) for name in NAMES[:3])) == now for drawn in slow_draws(7, SMALL)
    ]
    _, agreement = bootstrap.row_intervals(rows, SMALL)
    np.testing.assert_allclose(agreement, np.mean(kept, axis=0), rtol=1e-12)
    assert agreement.min() < 1, "the example heads are too distinct to distinguish joint from separate resampling"


def test_blocks_of_resamples_change_no_draw(monkeypatch):
    """A large corpus is resampled in blocks: the same utterances must be drawn."""
    whole = np.concatenate(list(bootstrap.resample_weights(9, SMALL)))
    monkeypatch.setattr(bootstrap, "_BLOCK", 9 * 7)
    blocks = list(bootstrap.resample_weights(9, SMALL))
    assert len(blocks) == 9
    np.testing.assert_array_equal(np.concatenate(blocks), whole)


def test_blocks_of_columns_change_no_interval(monkeypatch):
    sums, counts = drawn_rows(10)["weight"], np.ones(10, dtype=int)
    whole = bootstrap.fold_intervals(sums, counts, SMALL)
    monkeypatch.setattr(bootstrap, "_BLOCK", 60 * 5)
    np.testing.assert_allclose(bootstrap.fold_intervals(sums, counts, SMALL), whole, rtol=1e-13)


def test_memory_of_a_large_corpus_is_bounded():
    largest = max(block.nbytes for block in bootstrap.resample_weights(100_000, Bootstrap(resamples=100)))
    assert largest <= 8 * bootstrap._BLOCK


def test_one_utterance_to_a_fold_is_the_bootstrap_over_utterances():
    values = drawn_rows(40)["weight"]
    sums, counts = np.zeros((128, 3, 4)), np.zeros(128, dtype=np.int64)
    sums[:40], counts[:40] = values, 1
    np.testing.assert_allclose(bootstrap.fold_intervals(sums, counts, SMALL), slow_interval(values, SMALL), rtol=1e-12)


def test_folds_of_unequal_size_are_weighted_by_their_utterances():
    sums, counts = drawn_rows(5)["weight"], np.array([3, 1, 2, 5, 1])
    means = [sums[drawn].sum(axis=0) / counts[drawn].sum() for drawn in slow_draws(5, SMALL)]
    expected = np.stack([np.percentile(means, 2.5, axis=0), np.percentile(means, 97.5, axis=0)], axis=-1)
    np.testing.assert_allclose(bootstrap.fold_intervals(sums, counts, SMALL), expected, rtol=1e-12)


def test_one_utterance_has_no_interval_rather_than_a_narrow_one():
    intervals, agreement = bootstrap.row_intervals(drawn_rows(1), SMALL)
    assert np.isnan(agreement).all()
    assert all(np.isnan(ends).all() for ends in intervals.values())
    counts = np.eye(1, 128, dtype=int)[0]
    assert np.isnan(bootstrap.fold_intervals(np.ones((128, 2, 2)), counts, SMALL)).all()


def test_absent_heads_stay_absent_and_disturb_no_other():
    rows = drawn_rows(6)
    lacking = {name: values.copy() for name, values in rows.items()}
    for values in lacking.values():
        values[:, 1, 3] = np.nan
    intervals, agreement = bootstrap.row_intervals(lacking, SMALL)
    assert np.isnan(intervals["weight"][1, 3]).all()
    assert np.isnan(agreement[1, 3])
    present = np.arange(12) != 7
    expected, _ = bootstrap.row_intervals(rows, SMALL)
    np.testing.assert_array_equal(
        intervals["weight"].reshape(12, 2)[present], expected["weight"].reshape(12, 2)[present]
    )


@pytest.mark.parametrize("n_utterances", [20, 60])
def test_intervals_cover_the_truth_about_as_often_as_they_say(n_utterances):
    """Of 400 independent heads with true mean 0, about 95 % of the intervals hold 0; fewer with few utterances."""
    rows = {name: np.random.default_rng(5).standard_normal((n_utterances, 20, 20)) for name in NAMES}
    low, high = np.moveaxis(bootstrap.row_intervals(rows, Bootstrap(resamples=400))[0]["weight"], -1, 0)
    assert 0.90 <= ((low < 0) & (high > 0)).mean() <= 0.98
