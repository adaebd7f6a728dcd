"""Curves, areas and drops, against plain loops over resamples; which interventions a curve goes through."""

import numpy as np
import pytest

from otoscope.attention.interventions import NO_INTERVENTION, Intervention
from otoscope.errors import InputError
from otoscope.pruning.curves import curves, scores_of
from otoscope.pruning.schedule import check_steps, make_schedule
from otoscope.results import Bootstrap
from otoscope.results.bootstrap import resample_weights

SCORES = [np.array([[3.0, 1.0], [2.0, 0.0]])]
BOOTSTRAP = Bootstrap(resamples=200)


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


def test_intervals_are_those_of_a_plain_loop_over_resamples():
    total, count = sums(np.random.default_rng(0), [0, 0.1])
    scores = scores_of(total, count, True, BOOTSTRAP)
    (of_utterances,), (of_seeds,) = resample_weights(30, BOOTSTRAP), resample_weights(2, Bootstrap(200, seed=1))
    slow = [
        [sum(s[k] * (u * total[i, k]).sum() / (u * count).sum() for k in range(2)) for i in range(2)]
        for u, s in zip(of_utterances, of_seeds, strict=True)
    ]
    np.testing.assert_allclose(scores.resampled, slow)
    one = curves(scores, np.array([0, 1]), np.array([0.0, 1.0]))
    np.testing.assert_allclose(one.score_interval[1], np.quantile(np.array(slow)[:, 1], (0.025, 0.975)))
    difference = np.array(slow)[:, 1] - np.array(slow)[:, 0]
    np.testing.assert_allclose(one.change_interval[1], np.quantile(difference, (0.025, 0.975)))
    np.testing.assert_allclose(one.score, total.mean(1).sum(-1) / count.sum())
    assert one.area == pytest.approx(one.score.mean())


@pytest.mark.parametrize(
    ("drops", "first"), [([0, 0, 0.1], 2), ([0, 0.1, 0], 1), ([0, 0, 0], -1), ([0, -0.1, -0.1], -1)]
)
def test_a_drop_is_significant_from_the_first_step_that_is_surely_worse(drops, first):
    total, count = sums(np.random.default_rng(0), drops)
    steps, share = np.arange(3), np.linspace(0, 1, 3)
    assert curves(scores_of(total, count, True, BOOTSTRAP), steps, share).first_drop == first
    errors = scores_of(count - total, count, False, BOOTSTRAP)
    assert curves(errors, steps, share).first_drop == first


def test_pairs_see_a_drop_that_is_small_beside_the_spread_of_utterances():
    rng = np.random.default_rng(0)
    accuracy = rng.uniform(0.2, 0.9, 30)
    total, count = np.stack([accuracy, accuracy - 0.01])[:, None] * 10, np.full(30, 10.0)
    one = curves(scores_of(total, count, True, BOOTSTRAP), np.array([0, 1]), np.array([0.0, 1.0]))
    assert one.score_interval[1, 1] > one.score[0]
    assert one.first_drop == 1


def test_one_utterance_has_no_interval_and_no_drop():
    one = curves(scores_of(np.ones((2, 2, 1)), np.ones(1), True, BOOTSTRAP), np.array([0, 1]), np.array([0.0, 1.0]))
    assert np.isnan(one.score_interval).all()
    assert one.first_drop == -1
