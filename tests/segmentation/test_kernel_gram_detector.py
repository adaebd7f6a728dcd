"""The fast segmentation equals the method written out, step by step, on every kind of map and for every repetition."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from otoscope.errors import InputError
from otoscope.phones import LabelFrames
from otoscope.segmentation import kernel_gram_detector as segmentation
from otoscope.segmentation.kernel_gram import DistanceFrames, median_distance
from otoscope.segmentation.kernel_gram_detector import (
    boundary_scores_per_frame,
    detect_boundaries,
    label_rows,
    local_minima,
)
from otoscope.segmentation.reference import filtered, kernel_gram, minima, score, up_sampled

BETAS = (0.2, 0.7, 0.9, 1.0, 1.1, 1.5, 3.0)

lengths, seeds = st.integers(1, 14), st.integers(0, 2**32 - 1)
alphas = st.floats(0.005, 5.0)


def random_rows(T, generator):
    return generator.dirichlet(np.full(T, 0.3), size=T)


def blocks(T, generator):
    """Rows that are alike within phones, and exactly alike in every other phone."""
    phone_t = np.cumsum(generator.random(T) < 0.4)
    rows = (phone_t[:, None] == phone_t) + 0.1 * generator.random((T, T)) * (phone_t % 2)[:, None]
    return rows / rows.sum(axis=1, keepdims=True)


def constant(T, generator):
    return np.tile(random_rows(T, generator)[0], (T, 1))


def sharp_diagonal(T, generator):
    return np.eye(T)


MAPS = [random_rows, blocks, constant, sharp_diagonal]
maps = st.builds(lambda make, T, seed: make(T, np.random.default_rng(seed)), st.sampled_from(MAPS), lengths, seeds)


@pytest.fixture(params=[2, 3, 512], ids="tiles of {} rows".format)
def tile_rows(request, monkeypatch):
    monkeypatch.setattr(segmentation, "TILE_ROWS", request.param)


def literal_scores(features, alpha):
    K = kernel_gram(features, alpha)
    return [score(filtered(K, beta)) for beta in BETAS]


@given(attention=maps, alpha=alphas, repeat=st.sampled_from([1, 2, 3]))
@settings(max_examples=60)
@example(attention=np.ones((1, 1)), alpha=1.0, repeat=3)
def test_scores_of_a_map_equal_those_of_the_really_up_sampled_map(attention, alpha, repeat):
    fast = boundary_scores_per_frame(label_rows(attention, repeat), alpha, BETAS, repeat)
    np.testing.assert_array_equal(fast, literal_scores(up_sampled(attention, repeat), alpha))


@given(T=lengths, d=st.integers(1, 4), seed=seeds, alpha=alphas, repeat=st.sampled_from([1, 2, 3]))
@settings(max_examples=60)
def test_scores_of_other_features_equal_those_of_repeated_frames(T, d, seed, alpha, repeat):
    features = np.random.default_rng(seed).standard_normal((T, d))
    fast = boundary_scores_per_frame(features, alpha, BETAS, repeat)
    np.testing.assert_array_equal(fast, literal_scores(features.repeat(repeat, axis=0), alpha))


@pytest.mark.parametrize("make", MAPS, ids=lambda make: make.__name__)
def test_the_size_of_tiles_changes_no_score(make, tile_rows):
    """With small tiles, runs cross from tile to tile in both directions."""
    for seed in range(8):
        attention = make(17, np.random.default_rng(seed))
        np.testing.assert_array_equal(boundary_scores_per_frame(attention, 0.3, BETAS), literal_scores(attention, 0.3))


@given(maps, st.sampled_from([2, 3, 5]))
@settings(max_examples=40)
def test_up_sampling_divides_distances_by_the_root_of_the_repetition(attention, repeat):
    real = up_sampled(attention, repeat)
    rows = label_rows(attention, repeat).repeat(repeat, axis=0)
    np.testing.assert_allclose(cdist(rows, rows), cdist(real, real), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize("common", [0.0, 100.0])
def test_distances_are_those_of_direct_differences(scale, common):
    """Frames that share a large common part lose no digits: it is taken off first."""
    generator = np.random.default_rng(0)
    features = scale * (common + generator.standard_normal((60, 300)) / np.sqrt(300))
    features[1] = features[0] + scale * 1e-3 / np.sqrt(300)
    direct = cdist(features, features)
    fast = DistanceFrames.of(features).distances(slice(None), slice(None))
    apart = ~np.eye(60, dtype=bool)
    worst = np.abs(fast - direct)[apart] / direct[apart]
    assert worst.max() < 1e-7
    assert (np.diag(fast) == 0).all()


def test_frames_below_rounding_count_as_the_same():
    features = np.array([[0.0, 1.0], [1e-9, 1.0], [1.0, 0.0]])
    assert DistanceFrames.of(features).distances(slice(None), slice(None))[0, 1] == 0


def test_memory_grows_with_the_length_and_not_with_its_square():
    def peak(T):
        features = np.random.default_rng(0).standard_normal((T, 2))
        tracemalloc.start()
        detect_boundaries(features, 1.0, 1.0)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(4096) < 2.2 * peak(2048)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
@settings(max_examples=400)
@example([1])
@example([1, 0])
@example([0, 0, 0])
@example([2, 1, 1, 0, 0, 1, 1, 2])
def test_local_minima_equal_every_stretch_tried(values):
    assert local_minima(values).tolist() == minima(values)


def test_minima_of_plateaus_and_edges_by_hand():
    assert local_minima([3, 1, 1, 3]).tolist() == [1.5]
    assert local_minima([3, 1, 1, 1, 3]).tolist() == [2.0]
    assert local_minima([0, 1, 0]).tolist() == []
    assert local_minima([2, 1, 1, 0, 1]).tolist() == [3.0]
    assert local_minima([5, 5]).tolist() == []


def test_the_steps_by_hand_on_two_phones_of_two_and_three_frames():
    """Distances are 0 within and 3 between; with alpha 1, K is 1 and e^-3, and beta 1 keeps the phones' own blocks."""
    features = [[0.0], [0.0], [3.0], [3.0], [3.0]]
    assert filtered(kernel_gram(features, 1.0), 1.0).tolist() == [
        [True, True, False, False, False],
        [True, True, False, False, False],
        [False, False, True, True, True],
        [False, False, True, True, True],
        [False, False, True, True, True],
    ]
    assert boundary_scores_per_frame(features, 1.0, [1.0]).tolist() == [[1, 1, 1, 3, 1]]


def test_boundaries_between_blocks_are_found_where_they_are():
    attention = np.kron(np.diag([1 / 6, 1 / 6, 1 / 6]), np.ones((6, 6)))
    assert detect_boundaries(attention, 0.2, 1.0).tolist() == pytest.approx([0.055, 0.115])
    every_30_ms = LabelFrames(period=0.010, repeat=3)
    assert detect_boundaries(label_rows(attention, 3), 0.2, 1.0, every_30_ms).tolist() == pytest.approx([0.175, 0.355])
    later = LabelFrames(period=0.010, repeat=3, origin=0.005)
    assert detect_boundaries(label_rows(attention, 3), 0.2, 1.0, later).tolist() == pytest.approx([0.180, 0.360])


def test_a_larger_beta_finds_more_boundaries_in_a_noisy_map():
    attention = blocks(120, np.random.default_rng(1))
    unit = median_distance(attention)
    few, many = (len(detect_boundaries(attention, unit, beta)) for beta in (0.5, 1.5))
    assert few < many


def test_half_precision_maps_are_read():
    attention = blocks(30, np.random.default_rng(2)).astype(np.float16)
    np.testing.assert_array_equal(boundary_scores_per_frame(attention, 0.3, BETAS), literal_scores(attention, 0.3))


def test_median_distance_is_over_pairs_of_different_frames():
    features = np.random.default_rng(0).standard_normal((40, 3))
    pairs = cdist(features, features)[np.triu_indices(40, k=1)]
    assert median_distance(features) == pytest.approx(np.median(pairs))
    assert median_distance(features[:1]) == 0


def test_median_distance_of_a_long_utterance_comes_from_frames_all_over_it():
    features = np.repeat([[0.0], [1.0]], [3000, 5000], axis=0) + np.arange(8000)[:, None] % 2 * 1e-3
    pairs = cdist(features[::16], features[::16])[np.triu_indices(500, k=1)]
    assert median_distance(features) == pytest.approx(np.median(pairs), abs=2e-3)


@pytest.mark.parametrize(
    "features", [[1.0, 2.0], [], np.zeros((0, 3)), np.zeros((3, 0)), [[np.nan]], [[np.inf], [0.0]]]
)
def test_features_that_are_no_frames_are_refused(features):
    for work in (lambda: detect_boundaries(features, 1.0, 1.0), lambda: median_distance(features)):
        with pytest.raises(InputError, match=r"expected finite features \[frames, dimensions\]"):
            work()


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_alpha_and_beta_that_are_none_are_refused(wrong):
    for alpha, beta in ((wrong, 1.0), (1.0, wrong)):
        with pytest.raises(InputError, match="expected alpha and beta above 0"):
            detect_boundaries([[0.0], [1.0]], alpha, beta)


def test_frames_that_do_not_fit_the_labels_are_refused():
    with pytest.raises(InputError, match=r"a whole number of times, got 1\.6; choose a label period that divides"):
        LabelFrames(period=0.010, repeat=1.6)
    with pytest.raises(InputError, match="a whole number of times, got 0"):
        LabelFrames(repeat=0)
    with pytest.raises(InputError, match="a whole number of times, got nan"):
        LabelFrames(repeat=np.nan)
    with pytest.raises(InputError, match="expected a period above 0"):
        LabelFrames(period=0.0)


def test_outward_blocks_are_the_kernel_gram_matrix_read_away_from_the_diagonal(monkeypatch):
    monkeypatch.setattr(segmentation, "TILE_ROWS", 3)
    features = np.random.default_rng(0).normal(size=(8, 2))
    matrix, frames, rows = kernel_gram(features, 0.7), DistanceFrames.of(features), np.arange(3)
    tile = frames.kernel(0.7, slice(3, 6), slice(3, 8))
    forward = np.hstack([block.rows(rows) for block in segmentation.forward_blocks(tile)])
    backward = np.hstack([block.rows(rows) for block in segmentation.backward_blocks(frames, 0.7, 3, tile)])
    for row in rows:
        frame = 3 + row
        assert np.isinf(forward[row, :row]).all()
        np.testing.assert_allclose(forward[row, row:], matrix[frame, frame:])
        assert np.isinf(backward[row, : 2 - row]).all()
        np.testing.assert_allclose(backward[row, 2 - row :], matrix[frame, frame::-1])


def test_an_outward_block_returns_the_active_rows_only():
    block = next(segmentation.forward_blocks(np.array([[1.0, 0.5], [0.5, 1.0]])))
    assert block.rows(np.array([1])).tolist() == [[np.inf, 1.0]]
