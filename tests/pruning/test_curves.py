"""Curves, areas and drops, against a jackknife that is written out; which interventions a curve goes through."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from otoscope.attention.interventions import NO_INTERVENTION, Intervention
from otoscope.errors import InputError
from otoscope.pruning.curves import curves, scores_of
from otoscope.pruning.schedule import check_steps, make_schedule
from otoscope.statistics.clusters import make_clusters

SCORES = [np.array([[3.0, 1.0], [2.0, 0.0]])]
CLUSTERS = make_clusters([""] * 30, [f"u{u}" for u in range(30)])


def sums(rng, drops, utterances=30, seeds=2):
    """Right frames of utterances of 10 to 20 frames, where each intervention costs some accuracy."""
    count = rng.integers(10, 21, utterances).astype(float)
    noise = rng.normal(0, 0.02, (1, seeds, utterances))
    return (0.8 - np.asarray(drops)[:, None, None] + noise) * count, count


def test_heads_go_from_both_ends_of_the_order_and_nothing_is_done_twice():
    schedule = make_schedule(SCORES, step=0.5, spans=[3])
    high, low = schedule.heads[0]
    assert [schedule.interventions[place].removed for place in high[:2]] == [frozenset(), {(0, 0), (1, 0)}]
    assert [schedule.interventions[place].removed for place in low[:2]] == [frozenset(), {(1, 1), (0, 1)}]
    assert high[2] == low[2]
    assert schedule.interventions[0] == NO_INTERVENTION
    assert len(set(schedule.interventions)) == len(schedule.interventions)
    assert [schedule.interventions[place] for place in schedule.spans[:, 1]] == [
        Intervention(radius=3, renormalise=True),
        Intervention(radius=3, renormalise=False),
    ]


def test_a_step_that_does_not_divide_the_heads_ends_at_all_of_them():
    assert make_schedule([np.zeros((6, 8))]).removed.tolist() == [0, 8, 16, 24, 32, 40, 48]
    assert make_schedule([np.zeros((1, 5))], step=0.4).removed.tolist() == [0, 2, 4, 5]


@pytest.mark.parametrize(("step", "spans"), [(0, []), (1.5, []), (-1, []), (0.5, [4, -1])])
def test_steps_and_spans_that_make_no_sense_are_refused(step, spans):
    with pytest.raises(InputError, match="expected"):
        check_steps(step, spans)


def written_out(score, utterances, seeds):
    """Variance and degrees of freedom of a score over utterances and seeds, without each in a loop."""
    every_u, every_s = np.arange(utterances), np.arange(seeds)
    sources = [
        np.array([score(np.delete(every_u, u), every_s) for u in every_u]),
        np.array([score(every_u, np.delete(every_s, s)) for s in every_s]),
    ]
    parts = [(len(one) - 1) / len(one) * np.square(one - one.mean()).sum() for one in sources]
    freedom = sum(parts) ** 2 / sum(part**2 / (len(one) - 1) for part, one in zip(parts, sources, strict=True))
    return stats.t.ppf(0.975, freedom) * np.sqrt(sum(parts))


def test_intervals_are_those_of_a_written_out_jackknife_over_utterances_and_seeds():
    total, count = sums(np.random.default_rng(0), [0, 0.1])

    def score(i, utterances, seeds):
        return total[i][np.ix_(seeds, utterances)].sum() / len(seeds) / count[utterances].sum()

    one = curves(scores_of(total, count, True, CLUSTERS), np.array([0, 1]), np.array([0.0, 1.0]))
    margin = written_out(lambda u, s: logit(score(1, u, s)), 30, 2)
    center = logit(one.score[1])
    np.testing.assert_allclose(one.score_interval[1], expit([center - margin, center + margin]), rtol=1e-10)
    margin = written_out(lambda u, s: score(1, u, s) - score(0, u, s), 30, 2)
    np.testing.assert_allclose(one.change_interval[1], one.change[1] + np.array([-margin, margin]), atol=1e-12)
    np.testing.assert_allclose(one.score, total.mean(1).sum(-1) / count.sum())
    assert one.area == pytest.approx(one.score.mean())


@pytest.mark.parametrize(
    ("drops", "first"), [([0, 0, 0.1], 2), ([0, 0.1, 0], 1), ([0, 0, 0], -1), ([0, -0.1, -0.1], -1)]
)
def test_a_drop_is_significant_from_the_first_step_that_is_surely_worse(drops, first):
    total, count = sums(np.random.default_rng(0), drops)
    steps, share = np.arange(3), np.linspace(0, 1, 3)
    assert curves(scores_of(total, count, True, CLUSTERS), steps, share).first_drop == first
    errors = scores_of(count - total, count, False, CLUSTERS)
    assert curves(errors, steps, share).first_drop == first


def test_pairs_see_a_drop_that_is_small_beside_the_spread_of_utterances():
    rng = np.random.default_rng(0)
    accuracy = rng.uniform(0.2, 0.9, 30)
    total, count = np.stack([accuracy, accuracy - 0.01])[:, None] * 10, np.full(30, 10.0)
    one = curves(scores_of(total, count, True, CLUSTERS), np.array([0, 1]), np.array([0.0, 1.0]))
    assert one.score_interval[1, 1] > one.score[0]
    assert one.first_drop == 1


def test_one_utterance_has_no_interval_and_no_drop():
    one = curves(
        scores_of(np.ones((2, 2, 1)), np.ones(1), True, CLUSTERS.select([0])), np.array([0, 1]), np.array([0.0, 1.0])
    )
    assert np.isnan(one.score_interval).all()
    assert one.first_drop == -1
