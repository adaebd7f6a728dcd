"""Sums of shifted scores equal a slow sum, are exact at any frame period, and do not depend on windows or padding."""

from dataclasses import replace

import numpy as np
import pytest

import otoscope
from otoscope.phones import LabelFrames
from otoscope.segmentation.kernel_gram import median_distance
from otoscope.segmentation.kernel_gram_detector import boundary_scores_per_frame, local_minima
from otoscope.segmentation.score_sum import (
    ALPHA_FACTORS,
    BETA_FACTORS,
    ScoreCache,
    ShiftedFeatures,
    averaged_scores,
    grid_times,
    minima_of_sum,
    shifted_scores,
    smoothed,
    summed_score,
)
from otoscope.segmentation.shifted_features import shifted_waves, voter_features
from otoscope.segmentation.voters import Voter, Voting
from otoscope.segmentation.voting_sums import STEP, iter_windows, voting_sums, window_starts

VOTER = Voter("attention", alpha=0.2, beta=1.44, layer=1, head=2, power=0.5)
LOG_MEL = Voter("log-mel", alpha=0.3, beta=1.2)
RECIPE = Voting("both", (VOTER, LOG_MEL), shifts=2, smoothing=0.005, r_value=0.7)


def walk(frames, seed=0):
    return np.cumsum(np.random.default_rng(seed).normal(size=(frames, 5)), axis=0)


@pytest.fixture(scope="module")
def encoder(tiny_model):
    return otoscope.load(tiny_model)


@pytest.fixture(scope="module")
def wave():
    noise = np.random.default_rng(0).normal(size=48000)
    return (noise * np.repeat(np.random.default_rng(1).uniform(0.01, 1, size=30), 1600)).astype(np.float32)


@pytest.mark.parametrize("period", [0.020, 0.030, 0.01234])
def test_the_sum_over_shifts_equals_interpolation_frame_by_frame(period):
    frames = [LabelFrames.for_model(period, 0.0125 + shift * period / 2) for shift in range(2)]
    runs = [ShiftedFeatures(walk(30, seed), own) for seed, own in enumerate(frames)]
    times = grid_times(30 * period)
    expected = np.zeros(len(times))
    for run in runs:
        unit = median_distance(run.features)
        [score] = boundary_scores_per_frame(run.features, 0.5 * unit, [1.5], run.frames.repeat)
        centres = run.frames.seconds(np.arange(len(score), dtype=float))
        expected += np.interp(times, centres, score / score.mean()) / 2
    np.testing.assert_allclose(shifted_scores(runs, [0.5], [1.5], times)[0, 0], expected, atol=1e-12)


def test_scores_are_averaged_over_nine_parameters_around_those_of_the_voter():
    runs, times = [ShiftedFeatures(walk(40), LabelFrames())], grid_times(0.4)
    alphas = [VOTER.alpha * factor for factor in ALPHA_FACTORS]
    for factor, averaged in zip((0.5, 1.2), averaged_scores(runs, VOTER, [0.5, 1.2], times), strict=True):
        betas = [VOTER.beta * factor * own for own in BETA_FACTORS]
        np.testing.assert_allclose(averaged, shifted_scores(runs, alphas, betas, times).mean(axis=(0, 1)), atol=1e-12)


def test_scores_that_are_computed_once_are_those_of_each_voter_alone():
    """A second voting with other factors shares some of the betas of the first."""
    runs, times = [ShiftedFeatures(walk(40), LabelFrames())], grid_times(0.4)
    cache = ScoreCache({VOTER.key: runs}, times)
    for voter, factors in ((VOTER, [1.0, 1.44]), (replace(VOTER, beta=1.2, weights=(2.0,)), [1.0, 1.2, 1.728])):
        np.testing.assert_array_equal(
            cache.averaged(voter, factors), averaged_scores(runs, voter, factors, times), strict=True
        )


def test_the_scale_of_features_changes_nothing():
    times = grid_times(0.4)
    scores = [
        averaged_scores([ShiftedFeatures(scale * walk(40), LabelFrames())], VOTER, [1.0], times) for scale in (1, 50)
    ]
    np.testing.assert_allclose(*scores, atol=1e-12)


def test_features_that_do_not_vary_vote_for_nothing():
    runs = [ShiftedFeatures(np.ones((20, 3)), LabelFrames())]
    assert not averaged_scores(runs, VOTER, [1.0], grid_times(0.2)).any()


def test_minima_of_a_sum_are_local_minima_with_their_prominence():
    score = np.array([2.0, 1.0, 1.0, 3.0, 0.5, 4.0, 2.0, 2.0])
    found = minima_of_sum(score)
    np.testing.assert_allclose(found.times, STEP * local_minima(score))
    assert found.confidences.tolist() == [1.0, 2.5]


def test_shifts_are_whole_samples_within_one_frame():
    waves = list(shifted_waves(np.arange(1000), 16000, 0.01234, 3))
    assert [seconds * 16000 for seconds, _ in waves] == pytest.approx([0, 66, 132])
    assert [rest[0] for _, rest in waves] == [0, 66, 132]
    assert len(list(shifted_waves(np.arange(80), 16000, 0.02, 4))) == 1


def test_rows_of_a_shift_are_those_of_the_shifted_wave(encoder, wave):
    runs = voter_features(encoder, (wave, wave), [VOTER], 2)[VOTER]
    shift = round(encoder.frame_period * 16000 / 2)
    np.testing.assert_allclose(runs[1].features, encoder.attention(wave[shift:], 1, 2).astype(float) ** 0.5)
    first, second = (run.frames for run in runs)
    assert second.origin - first.origin == pytest.approx(shift / 16000)


def test_states_of_a_shift_are_those_that_the_layer_returns_for_the_shifted_wave(encoder, wave):
    states = Voter("states", alpha=0.2, beta=1.4, layer=1)
    shift = round(encoder.frame_period * 16000 / 2)
    runs = voter_features(encoder, (wave, wave), [VOTER, states], 2)
    np.testing.assert_allclose(runs[states][1].features, encoder.representations(wave[shift:])[1], rtol=1e-6)
    np.testing.assert_array_equal(
        runs[VOTER][1].features, voter_features(encoder, (wave, wave), [VOTER], 2)[VOTER][1].features
    )


def test_a_recording_in_one_window_has_the_sum_of_its_voters(encoder, wave):
    features, times = voter_features(encoder, (wave, wave), RECIPE.voters, 2), grid_times(3.0)
    scores = [averaged_scores(features[voter], voter, [1.0], times)[0] for voter in RECIPE.voters]
    [total] = voting_sums(encoder, (wave, wave), [RECIPE])
    np.testing.assert_allclose(total, smoothed(summed_score(scores, RECIPE), 0.005))


def test_windows_cover_a_long_recording_once_and_overlap(encoder, monkeypatch, wave):
    monkeypatch.setattr("otoscope.segmentation.voting_sums.WINDOW_SECONDS", 2.3)
    lengths = [len(window.scores.times[window.part]) for window in iter_windows(encoder, (wave, wave), [RECIPE])]
    assert len(lengths) == 4
    assert sum(lengths) == len(grid_times(3.0))
    starts = window_starts(60.0, 20.0)
    assert starts[-1] == 40.0
    assert max(np.diff(starts)) <= 18.0


def test_windows_change_boundaries_only_near_their_joints(encoder, monkeypatch, wave):
    """Log-mel frames of a window are those of the recording, so boundaries away from the joint are the same."""
    voting = Voting("log-mel", (LOG_MEL,), 2, 0.005, 0.7)
    long = np.concatenate([wave, wave[::-1]])
    whole = minima_of_sum(voting_sums(encoder, (long, long), [voting])[0]).times
    monkeypatch.setattr("otoscope.segmentation.voting_sums.WINDOW_SECONDS", 5.0)
    parts = minima_of_sum(voting_sums(encoder, (long, long), [voting])[0]).times
    near = [np.abs(whole - time).min() <= 0.011 for time in parts]
    assert np.mean(near) > 0.9
