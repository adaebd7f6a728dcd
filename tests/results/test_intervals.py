"""Intervals equal a jackknife that is written out cluster by cluster, and cover the truth as often as they claim."""

from functools import reduce

import numpy as np
import pytest
from scipy import stats

from otoscope.results import intervals, resampling
from otoscope.results.intervals import FISHER, IDENTITY, LOGIT, Estimate, difference, interval, mean_estimate, p_value
from otoscope.statistics import accumulator
from otoscope.statistics.clusters import group_sums, make_clusters


def speakers(count, utterances):
    return make_clusters([f"s{index % count}" for index in range(utterances)], [f"u{i}" for i in range(utterances)])


def written_out(rows, clusters):
    """The interval of a mean of every column, without each cluster in a loop."""
    names = np.array(clusters.names)
    replicates = [np.nanmean(rows[names != name], axis=0) for name in sorted(set(clusters.names))]
    count = len(replicates)
    error = np.sqrt((count - 1) / count * np.square(replicates - np.mean(replicates, axis=0)).sum(axis=0))
    margin = stats.t.ppf(0.975, count - 1) * error
    return np.stack([np.nanmean(rows, axis=0) - margin, np.nanmean(rows, axis=0) + margin], axis=-1)


def test_the_interval_of_a_mean_equals_the_written_out_jackknife():
    rows, clusters = np.random.default_rng(0).standard_normal((23, 2, 3)), speakers(5, 23)
    np.testing.assert_allclose(interval(mean_estimate(rows, clusters)), written_out(rows, clusters), rtol=1e-12)


def test_the_interval_over_utterances_is_student_s():
    rows = np.random.default_rng(0).standard_normal((9, 1))
    clusters = make_clusters([""] * 9, [f"u{index}" for index in range(9)])
    expected = stats.ttest_1samp(rows[:, 0], 0)
    estimate = mean_estimate(rows, clusters)
    np.testing.assert_allclose(interval(estimate)[0], expected.confidence_interval(), rtol=1e-12)
    np.testing.assert_allclose(p_value(estimate), expected.pvalue, rtol=1e-12)


def test_utterances_without_a_value_and_their_clusters_do_not_count():
    rows, clusters = np.random.default_rng(0).standard_normal((20, 3)), speakers(5, 20)
    rows[np.arange(20) % 5 == 4] = np.nan
    rows[3] = np.nan
    defined = np.arange(20) % 5 != 4
    names = [
        name.removeprefix("speaker ") for name, is_defined in zip(clusters.names, defined, strict=True) if is_defined
    ]
    alone = make_clusters(names, [f"v{index}" for index in range(16)])
    np.testing.assert_allclose(interval(mean_estimate(rows, clusters)), written_out(rows[defined], alone), rtol=1e-12)


def test_a_difference_over_the_same_clusters_is_paired_and_over_others_is_welch_s():
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 12, 1)) + rng.standard_normal((12, 1)) * 5
    one, other = (make_clusters([""] * 12, [f"{letter}{index}" for index in range(12)]) for letter in "ab")
    paired = difference(mean_estimate(a, one), mean_estimate(b, one))
    np.testing.assert_allclose(p_value(paired), stats.ttest_rel(a, b).pvalue, rtol=1e-10)
    unpaired = difference(mean_estimate(a, one), mean_estimate(b, other))
    np.testing.assert_allclose(p_value(unpaired), stats.ttest_ind(a, b, equal_var=False).pvalue, rtol=1e-10)


def test_a_p_value_is_below_5_percent_exactly_where_the_interval_misses_the_null():
    estimate = mean_estimate(np.random.default_rng(2).random((8, 500)), speakers(8, 8))
    low, high = np.moveaxis(interval(estimate, LOGIT), -1, 0)
    np.testing.assert_array_equal(p_value(estimate, 0.4, LOGIT) < 0.05, (low > 0.4) | (high < 0.4))


def test_a_cluster_alone_has_no_interval_rather_than_a_narrow_one():
    alone = mean_estimate(np.ones((1, 2)), speakers(1, 1))
    assert np.isnan(interval(alone)).all()
    assert np.isnan(p_value(alone)).all()


def test_a_share_that_only_one_cluster_has_gets_no_interval():
    rows = np.zeros((6, 2))
    rows[0, 0], rows[:2, 1] = 0.3, 0.3
    ends = interval(mean_estimate(rows, speakers(6, 6)), LOGIT)
    assert np.isnan(ends[0]).all()
    assert (0 < ends[1, 0] < 0.1 < ends[1, 1] < 1).all()


def test_intervals_of_shares_and_correlations_stay_within_their_range():
    value = np.array(0.98)
    estimate = Estimate(value, {"speaker": np.array([0.97, 0.99, 0.985])})
    for scale in (LOGIT, FISHER):
        assert interval(estimate, scale)[1] < 1
    assert interval(estimate, IDENTITY)[1] > 1


def test_absent_heads_stay_absent_and_disturb_no_other():
    rows = np.random.default_rng(3).random((8, 2, 3))
    whole = interval(mean_estimate(rows, speakers(4, 8)))
    rows[:, 1, 2] = np.nan
    lacking = interval(mean_estimate(rows, speakers(4, 8)))
    assert np.isnan(lacking[1, 2]).all()
    np.testing.assert_array_equal(lacking[0], whole[0])


def test_seeds_add_their_variance():
    clusters, seeds = {"speaker": np.array([0.1, 0.2, 0.3])}, {"seed": np.array([0.1, 0.3])}
    both = Estimate(np.array(0.2), {**clusters, **seeds})
    widths = [np.diff(interval(Estimate(np.array(0.2), source)))[0] for source in (clusters, seeds)]
    assert np.diff(interval(both))[0] > widths[0]
    assert np.diff(interval(both))[0] < sum(widths)


def test_weights_of_a_cluster_do_not_depend_on_the_other_utterances_order():
    forth, back = make_clusters("abca", "1234"), make_clusters("acba", "1234")
    np.testing.assert_array_equal(resampling.cluster_weights(forth), resampling.cluster_weights(back))


@pytest.mark.parametrize("count", [3, 5, 20])
def test_resamples_of_a_mean_vary_as_the_mean_does(count):
    rows, clusters = np.random.default_rng(4).standard_normal(count), speakers(count, count)
    resampled = resampling.cluster_weights(clusters, 20_000) @ group_sums(rows, clusters)
    np.testing.assert_allclose(resampled.std(), stats.sem(rows), rtol=0.05)


@pytest.mark.parametrize("count", [4, 8, 40])
def test_intervals_over_speakers_cover_the_truth(count):
    """2000 means over speakers with an intraclass correlation of .31, as globalness has."""
    rng, clusters = np.random.default_rng(5), speakers(count, 5 * count)
    own = np.sqrt(0.31) * rng.standard_normal((count, 2000))
    rows = np.tile(own, (5, 1)) + np.sqrt(0.69) * rng.standard_normal((5 * count, 2000))
    low, high = np.moveaxis(interval(mean_estimate(rows, clusters)), -1, 0)
    assert 0.92 <= ((low < 0) & (high > 0)).mean() <= 0.98


@pytest.mark.parametrize("count", [7, 300])
def test_any_split_of_a_corpus_gives_the_same_bits_of_intervals(count):
    """Shards that are measured in any order and merged in any order; 300 speakers are joined to groups."""
    rng, clusters = np.random.default_rng(6), speakers(count, 320)
    values = rng.random((320, 2, 3, 4))

    def ends(shards):
        parts = []
        for shard in shards:
            state = accumulator.init({"weight": (), "profile": (4,)}, [3, 3])
            for index in shard:
                one = {"weight": values[index, ..., 0], "profile": values[index]}
                accumulator.update(state, index, one, clusters.names[index])
            parts.append(accumulator.from_arrays(accumulator.to_arrays(state)))
        final = accumulator.finalize(reduce(accumulator.merge, parts))
        utterances = group_sums(np.ones(320), clusters)
        profile = intervals.estimate(intervals.ratio, clusters.key, final.cluster_sum["profile"], utterances)
        return interval(profile, LOGIT).tobytes(), interval(mean_estimate(final.rows["weight"], clusters)).tobytes()

    whole = ends([range(320)])
    assert ends(np.split(rng.permutation(320), 5)) == whole
    assert ends([range(200, 320), range(200)]) == whole
