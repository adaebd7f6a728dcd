"""The fast grid of scores and counts equals the detector and the counting of single utterances, point by point."""

import numpy as np
import pytest

from otoscope.errors import InputError
from otoscope.segmentation import grid_scores as module
from otoscope.segmentation.boundaries import count_boundaries
from otoscope.segmentation.grid_counts import minima_of_rows, strict_counts_of_rows
from otoscope.segmentation.grid_scores import GridFrames, grid_scores
from otoscope.segmentation.kernel_gram import MEDIAN_FRAMES, median_distance
from otoscope.segmentation.kernel_gram_detector import boundary_scores_per_frame, local_minima

ALPHAS, BETAS = (0.3, 1.0, 4.0), (0.3, 1.0, 1.7, 6.0)


@pytest.fixture(autouse=True, params=[module.compiled_scores, module.array_scores], ids=["numba", "arrays"])
def program(request, monkeypatch):
    """Both programs have the same scores."""
    monkeypatch.setattr(module, "scores_of_limits", lambda: request.param)


@pytest.mark.parametrize(("frames", "width", "repeat"), [(1, 3, 2), (2, 3, 1), (40, 4, 1), (90, 90, 3)])
def test_every_point_of_the_grid_has_the_scores_of_the_detector(frames, width, repeat):
    walk = np.cumsum(np.random.default_rng(frames).normal(size=(frames, width)), axis=0)
    for alpha, scores in zip(ALPHAS, grid_scores(walk, ALPHAS, BETAS, repeat), strict=True):
        np.testing.assert_array_equal(scores, boundary_scores_per_frame(walk, alpha, BETAS, repeat))


def test_equal_frames_have_the_scores_of_the_detector():
    blocks = np.kron(np.eye(3), np.ones((5, 5)))
    for features in (blocks, np.ones((4, 2))):
        [scores] = grid_scores(features, [0.5], BETAS)
        np.testing.assert_array_equal(scores, boundary_scores_per_frame(features, 0.5, BETAS))


def test_a_long_utterance_is_computed_in_tiles(monkeypatch):
    walk = np.cumsum(np.random.default_rng(0).normal(size=(30, 4)), axis=0)
    whole = grid_scores(walk, ALPHAS, BETAS)
    monkeypatch.setattr(module, "MAX_FRAMES", 20)
    np.testing.assert_array_equal(grid_scores(walk, ALPHAS, BETAS), whole)


@pytest.mark.parametrize("frames", [1, 40, MEDIAN_FRAMES + 1])
def test_stored_distances_have_the_median_of_the_features(frames):
    walk = np.cumsum(np.random.default_rng(frames).normal(size=(frames, 3)), axis=0)
    assert GridFrames(walk).median == median_distance(walk)


def test_parameters_that_are_not_above_zero_are_refused():
    with pytest.raises(InputError, match="expected alpha and beta above 0, got 0"):
        grid_scores([[0.0], [1.0]], [1.0], [0.0])


def test_minima_and_counts_of_rows_are_those_of_each_row_alone():
    generator = np.random.default_rng(1)
    scores = generator.integers(0, 4, size=(50, 30))
    rows, minima = minima_of_rows(scores)
    reference = np.sort(generator.uniform(0, 0.3, size=9))
    counts = strict_counts_of_rows(reference, rows, minima * 0.01, len(scores), 0.020)
    for row, score in enumerate(scores):
        np.testing.assert_array_equal(minima[rows == row], local_minima(score))
        alone = count_boundaries(reference, local_minima(score) * 0.01)
        assert counts[row].tolist() == [alone.reference, alone.predicted, alone.hits, alone.correct]


def test_without_references_no_prediction_is_a_hit():
    assert strict_counts_of_rows(np.array([]), np.array([0]), np.array([0.1]), 1, 0.02).tolist() == [[0, 1, 0, 0]]
