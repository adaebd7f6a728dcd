"""Drawing one map: pooling of long utterances, and which labels fit an edge."""

import itertools

import numpy as np
import pytest
import xarray as xr

from otoscope.figures.attention_map import OVERHANG, axis_labels, select_non_overlapping
from otoscope.maps.pooling import block_means


@pytest.mark.parametrize(("n_frames", "most"), [(7, 7), (7, 10), (8, 4), (23, 5), (301, 150), (5, 1)])
def test_pooling_keeps_the_mean_of_every_block(n_frames, most):
    attn_qk = np.random.default_rng(0).random((n_frames, n_frames))
    small = block_means(attn_qk, most)
    n_blocks = len(small)
    assert n_blocks <= most
    edges = [int(i * n_frames / n_blocks) for i in range(n_blocks + 1)]
    for i, j in itertools.product(range(n_blocks), repeat=2):
        block = attn_qk[edges[i] : edges[i + 1], edges[j] : edges[j + 1]]
        assert small[i, j] == pytest.approx(block.mean(), rel=1e-5)


def test_a_map_that_fits_is_shown_frame_by_frame():
    attn_qk = np.random.default_rng(0).random((30, 30), dtype=np.float32)
    np.testing.assert_array_equal(block_means(attn_qk, 40), attn_qk)


@pytest.mark.parametrize("seed", range(10))
def test_selected_labels_do_not_overlap_and_no_more_important_one_would_fit(seed):
    rng = np.random.default_rng(seed)
    centres, sizes, importance = np.sort(rng.uniform(0, 30, 25)), rng.uniform(1, 5, 25), rng.random(25)
    selected = select_non_overlapping(centres, list(sizes), importance, 30)
    assert selected

    def clash(i, j):
        return abs(centres[i] - centres[j]) < (sizes[i] + sizes[j]) / 2

    assert not any(clash(i, j) for i, j in itertools.combinations(selected, 2))
    for i in set(range(25)) - set(selected):
        outside = not sizes[i] / 2 - OVERHANG <= centres[i] <= 30 + OVERHANG - sizes[i] / 2
        assert outside or any(clash(i, j) and importance[j] > importance[i] for j in selected)


def test_phones_are_marked_where_they_are(dataset_of_size):
    dataset = dataset_of_size("2x2")
    labels = axis_labels(dataset)
    seconds = dataset.sizes["query"] * 0.02
    assert labels.labels == [str(symbol) for symbol in dataset["phone_symbol"].values]
    np.testing.assert_allclose(labels.ticks[:-1] * seconds, dataset["phone_start"])
    np.testing.assert_allclose(labels.importance * seconds, dataset["phone_end"] - dataset["phone_start"])


def test_without_phones_seconds_are_marked(dataset_of_size):
    labels = axis_labels(dataset_of_size("uneven, one utterance, no labels"))
    assert labels.labels == ["1 s"]
    np.testing.assert_allclose(labels.ticks * 60 * 0.02, [0, 1])


def test_a_long_map_is_read_layer_by_layer(run_of_size):
    """The atlas of a long utterance never has the maps of two layers in memory at full size."""
    run = run_of_size("2x2")
    assert not run.dataset.merge(run.map(run.maps[0]))["attention"].variable._in_memory


def test_labels_are_on_the_edge_though_a_phone_ends_after_the_last_frame():
    phones = {"phone_start": ("phone", [0.0, 0.9, 1.01]), "phone_end": ("phone", [0.9, 1.01, 1.02])}
    names = {"phone_symbol": ("phone", ["a", "b", "c"])}
    dataset = xr.Dataset(phones | names, coords={"query": range(50)}, attrs={"frame_period": 0.02})
    labels = axis_labels(dataset)
    assert labels.ticks.max() <= 1
    assert labels.centres.max() <= 1
