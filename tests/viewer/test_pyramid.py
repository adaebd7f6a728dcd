"""Tiles are exact: each level has means of the map, and each byte is close to its weight."""

import numpy as np
import pytest

from otoscope.viewer.errors import NotFoundError
from otoscope.viewer.pyramid import TILE, build
from otoscope.viewer.quantise import LOW, RATIO, decode, encode


def drawn(T: int) -> np.ndarray:
    scores = np.random.default_rng(T).normal(scale=2, size=(T, T))
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


def blocks(attn_qk: np.ndarray, size: int) -> np.ndarray:
    """Mean of each block of `size` x `size` frames, one after the other; the last ones may be smaller."""
    starts = range(0, len(attn_qk), size)
    return np.array([[attn_qk[q : q + size, k : k + size].mean() for k in starts] for q in starts])


@pytest.mark.parametrize("T", [1, 7, TILE, TILE + 1, 601])
def test_every_level_is_the_mean_over_blocks_of_frames(T):
    attn_qk = drawn(T)
    for number, level in enumerate(build(attn_qk).levels):
        mean = blocks(attn_qk, 2**number)
        assert level.code_qk.shape == mean.shape
        np.testing.assert_allclose(decode(level.code_qk), mean, rtol=0.03, atol=LOW)
        np.testing.assert_allclose(level.peak_q, mean.max(axis=1), rtol=1e-5)


def test_levels_end_where_one_tile_holds_the_whole():
    sizes = [len(level.code_qk) for level in build(drawn(601)).levels]
    assert sizes == [601, 301, 151]


def test_tiles_put_side_by_side_are_the_level():
    pyramid = build(drawn(601))
    rows = [np.hstack([pyramid.tile(0, row, column).code_qk for column in range(3)]) for row in range(3)]
    np.testing.assert_array_equal(np.vstack(rows), pyramid.levels[0].code_qk)


@pytest.mark.parametrize("where", [(3, 0, 0), (0, 3, 0), (0, 0, 3), (-1, 0, 0), (0, -1, 0), (10**5, 0, 0)])
def test_there_is_no_tile_outside_the_map(where):
    with pytest.raises(NotFoundError):
        build(drawn(601)).tile(*where)


def test_a_weight_comes_back_within_half_a_step():
    weights = np.geomspace(LOW * 4, 1, 5000)
    np.testing.assert_allclose(decode(encode(weights)), weights, rtol=RATIO**0.5 - 1 + 0.006)
    assert RATIO < 1.056


def test_what_is_no_weight_is_nothing():
    np.testing.assert_array_equal(encode(np.array([0.0, LOW / 3, np.nan, -1.0])), 0)


def test_every_byte_comes_back_as_itself():
    code = np.arange(20, 256, dtype=np.uint8)  # half precision is too coarse for the smallest
    np.testing.assert_array_equal(encode(decode(code)), code)
