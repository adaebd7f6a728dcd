"""An ensemble of one head equals the method itself; several heads add their scores, each divided by its mean."""

import numpy as np
import pytest

from otoscope.phones import LabelFrames
from otoscope.segmentation.ensemble import ensemble_boundaries, ensemble_scores
from otoscope.segmentation.kernel_gram import median_distance
from otoscope.segmentation.kernel_gram_detector import detect_boundaries, label_rows
from otoscope.segmentation.reference import filtered, kernel_gram, minima, score, up_sampled
from otoscope.segmentation.tuning import LabelledFeatures, tune

BETAS = (0.5, 0.9, 1.3, 50.0)


def maps(n, T=15):
    return np.random.default_rng(n).dirichlet(np.full(T, 0.3), size=(n, T))


@pytest.mark.parametrize("repeat", [1, 2, 3])
def test_ensemble_scores_equal_the_sum_of_the_reference_scores_of_each_map(repeat):
    units = [median_distance(attention) for attention in maps(3)]
    views = [label_rows(attention, repeat) / unit for attention, unit in zip(maps(3), units, strict=True)]
    literal = np.zeros((len(BETAS), 15 * repeat))
    for attention, unit in zip(maps(3), units, strict=True):
        K = kernel_gram(up_sampled(attention, repeat), 0.4 * unit)
        for i, beta in enumerate(BETAS):
            alone = np.asarray(score(filtered(K, beta)), dtype=float)
            literal[i] += alone / (alone.mean() or 1)
    np.testing.assert_allclose(ensemble_scores(views, 0.4, BETAS, repeat), literal, rtol=1e-12)
    frames = LabelFrames(repeat=repeat)
    for times, expected in zip(ensemble_boundaries(views, 0.4, BETAS, frames), literal, strict=True):
        np.testing.assert_allclose(times, 0.01 * np.array(minima(expected.round(9))))


def test_an_ensemble_of_one_head_equals_the_detector():
    [attention] = maps(1, T=60)
    for times, beta in zip(ensemble_boundaries([attention], 0.2, BETAS), BETAS, strict=True):
        assert times.tolist() == detect_boundaries(attention, 0.2, beta).tolist()


def test_a_head_without_a_score_adds_nothing():
    """A threshold above every row leaves no run at all: no division by its mean of 0."""
    assert ensemble_scores(maps(2), 1.0, [50.0]).tolist() == [[0.0] * 15]


def test_views_of_one_utterance_are_tuned_together():
    block = np.kron(np.eye(4), np.ones((6, 6)))
    alone, twice = (LabelledFeatures(features, [0.055, 0.115, 0.175]) for features in (block, np.stack([block, block])))
    assert tune([twice]) == tune([alone])


@pytest.mark.parametrize(
    ("frame_period", "first_centre", "expected"),
    [
        (0.010, 0.0, LabelFrames(0.010, 1, 0.0)),
        (0.020, 0.005, LabelFrames(0.010, 2, 0.0)),
        (0.030, 0.010, LabelFrames(0.010, 3, 0.0)),
        (0.020, 0.0125, LabelFrames(0.010, 2, 0.0075)),
        (0.024, 0.012, LabelFrames(0.012, 2, 0.006)),
        (0.004, 0.002, LabelFrames(0.004, 1, 0.002)),
    ],
)
def test_label_frames_fill_the_frames_of_a_model(frame_period, first_centre, expected):
    """Every 10 ms where the period allows it, otherwise as near as a whole number to a frame allows."""
    frames = LabelFrames.for_model(frame_period, first_centre)
    assert (frames.period, frames.repeat, frames.origin) == pytest.approx(
        (expected.period, expected.repeat, expected.origin)
    )
    covered = frames.seconds(np.arange(frames.repeat, dtype=float))
    assert covered.mean() == pytest.approx(first_centre)
