"""Detection of phone boundaries in any sequence of frames: a boundary is where few frames around it are similar.

The method is that of Yang, Liu & Lee, Understanding Self-Attention of Self-Supervised Audio Transformers, Interspeech
2020, section 5. Read `reference.py` first; it computes these steps one by one on whole matrices:

1. The kernel-gram matrix has the similarity of each pair of frames: `exp(-distance / alpha)`.
2. The filtered matrix contains, in each row i, the frames around i up to the first on each side whose similarity is
   at or below `beta` times the mean of the row. They are one run of frames, from l to r.
3. The score of frame t is the number of pairs (i, j) in the filtered matrix with middle (i + j) / 2 = t. Inside a
   phone many pairs surround t; at the border of two phones few do.
4. Boundaries are the local minima of the score.

This module stores no matrix. The pairs (i, l) to (i, r) of row i have their middles between (i + l) / 2 and
(i + r) / 2. So the whole row adds one to each t from i - (i - l) // 2 to i + (r - i) // 2: two numbers per row are
enough. Labels have a grid of 10 ms: a frame of the model fills `repeat` label frames.

Axes: i frame of a tile's rows, j frame of its columns, b beta, t frame of the labels.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.phones.label_grid import DEFAULT_LABEL_FRAMES, LabelFrames
from otoscope.segmentation.kernel_gram import DistanceFrames
from otoscope.typing import Floats, Ints

TILE_ROWS = 512
"""Rows of the kernel-gram matrix that are in memory at a time."""


def detect_boundaries(
    features: npt.ArrayLike, alpha: float, beta: float, frames: LabelFrames = DEFAULT_LABEL_FRAMES
) -> Floats:
    """Detect the phone boundaries of one utterance.

    Yang, Liu & Lee, Interspeech 2020, section 5: boundaries are the local minima of the score.

    Args:
        features: frames `[T, d]` at the model's rate: MFCC, mel frames, representations, or `label_rows` of an
            attention map.
        alpha: width of the kernel, in the unit of distances between features.
        beta: threshold of a row as a multiple of its mean; a larger one gives more boundaries.
        frames: times of the label frames; by default one for each row, every 10 ms from 0.

    Returns:
        Boundaries `[n]` in seconds, ascending.

    Raises:
        InputError: features are not `[T, d]` or not finite; alpha or beta is not above zero.

    Examples:
        >>> block = np.kron(np.eye(3), np.ones((5, 5)))  # three phones of five frames
        >>> detect_boundaries(block, alpha=0.5, beta=1.0).tolist()
        [0.045, 0.095]
    """
    [score] = boundary_scores_per_frame(features, alpha, [beta], frames.repeat)
    return frames.seconds(local_minima(score))


def boundary_scores_per_frame(features: npt.ArrayLike, alpha: float, betas: Sequence[float], repeat: int = 1) -> Ints:
    """Compute the scores of every label frame for several betas in one pass.

    Memory holds the features and one tile of 512 rows. A run to the right reads its tile. A run to the left reads
    earlier tiles only while a row of its block is above its threshold, so most of the lower half of the matrix is
    never computed.

    Args:
        features: frames `[T, d]` at the model's rate.
        alpha: width of the kernel, in the unit of distances between features.
        betas: thresholds as multiples of a row's mean.
        repeat: label frames per row. Repeated rows need no larger matrix: its means are the same and its runs longer.

    Returns:
        Scores `[b, repeat * T]`.

    Raises:
        InputError: features are not `[T, d]` or not finite; alpha or a beta is not above zero.

    Examples:
        >>> boundary_scores_per_frame([[0.0], [0.0], [9.0]], alpha=1.0, betas=[0.5, 1.0, 5.0]).tolist()
        [[1, 1, 1], [1, 1, 1], [0, 0, 0]]
    """
    wrong = [value for value in (alpha, *betas) if not (math.isfinite(value) and value > 0)]
    if wrong:
        raise InputError(f"expected alpha and beta above 0, got {wrong[0]}; pass positive numbers")
    frames = DistanceFrames.of(features)
    before_bt, after_bt = _runs(frames, alpha, np.asarray(betas, dtype=np.float64))
    return add_runs(before_bt, after_bt, repeat)


def label_rows(attention: npt.ArrayLike, repeat: int) -> Floats:
    """Return rows with the distances of an attention map that is up-sampled to label frames.

    Up-sampling copies every weight to `repeat` columns and divides it by `repeat`, so that each row sums to 1 again.
    Squared distances become `repeat / repeat^2` of their values: the rows are `attention / sqrt(repeat)`.

    Args:
        attention: attention map `[T, T]` of one head.
        repeat: label frames per frame of the model.

    Returns:
        Rows `[T, T]`.

    Examples:
        >>> label_rows([[1.0, 0.0], [0.0, 1.0]], repeat=4).tolist()
        [[0.5, 0.0], [0.0, 0.5]]
    """
    return np.asarray(attention, dtype=np.float64) / math.sqrt(repeat)


def local_minima(score: npt.ArrayLike) -> Floats:
    """Return the frames `[n]` at which the score `[t]` is lower than on both sides; a plateau counts once.

    A score counts frames, so plateaus are common; the minimum is at the centre of the plateau, which may be between
    two frames. The first and the last plateau have one side only and are no minima.

    Examples:
        >>> local_minima([2, 1, 1, 3, 0, 4, 2, 2]).tolist()
        [1.5, 4.0]
    """
    score_t = np.asarray(score)
    starts = np.flatnonzero(np.diff(score_t, prepend=score_t[:1] - 1) != 0)
    ends = np.append(starts[1:], len(score_t)) - 1
    rises = np.diff(score_t[starts]) > 0
    lowest = 1 + np.flatnonzero(~rises[:-1] & rises[1:])
    return (starts[lowest] + ends[lowest]) / 2


def _runs(frames: DistanceFrames, alpha: float, betas_b: Floats) -> tuple[Ints, Ints]:
    """Count the frames `[b, i]` of each row's run before and after the diagonal; both counts include the diagonal.

    A count is 0 if the diagonal itself is below the threshold. The matrix is symmetric: a tile covers the columns from
    its diagonal to the right, and adds to the sums of the rows below.
    """
    total = len(frames)
    sums = np.zeros(total)
    before_bi, after_bi = (np.zeros((len(betas_b), total), dtype=np.int64) for _ in range(2))
    for start in range(0, total, TILE_ROWS):
        rows = slice(start, min(start + TILE_ROWS, total))
        tile_ij = frames.kernel(alpha, rows, slice(start, total))
        sums[rows] += tile_ij.sum(axis=1)
        sums[rows.stop :] += tile_ij[:, TILE_ROWS:].sum(axis=0)
        thresholds_bi = betas_b[:, None] * (sums[rows] / total)
        before_bi[:, rows] = run_lengths(backward_blocks(frames, alpha, start, tile_ij), thresholds_bi)
        after_bi[:, rows] = run_lengths(forward_blocks(tile_ij), thresholds_bi)
    return before_bi, after_bi


@dataclass(frozen=True)
class OutwardBlock:
    """A block of columns of the kernel-gram matrix for the rows of one tile.

    Its columns run outward, away from the diagonal. The matrix is symmetric and large, so a block computes only the
    rows that `rows` asks for.

    Attributes:
        compute_rows: function from the indices `[n]` of rows in the tile to their values `[n, columns]`; values on the
            other side of the diagonal are infinite.

    Examples:
        >>> block = next(forward_blocks(np.array([[1.0, 0.5], [0.5, 1.0]])))
        >>> block.rows(np.array([1])).tolist()
        [[inf, 1.0]]
    """

    compute_rows: Callable[[Ints], Floats]

    def rows(self, active: Ints) -> Floats:
        """Return the values `[n, columns]` of the rows with the indices `active [n]`."""
        return self.compute_rows(active)


def forward_blocks(tile_ij: Floats) -> Iterator[OutwardBlock]:
    """Iterate over the blocks from the diagonal to the last frame; the tile contains all of them.

    Args:
        tile_ij: values `[rows, columns]` of a tile; its first column is on the diagonal.
    """
    square_ij = tile_ij[:, : len(tile_ij)]
    yield OutwardBlock(np.where(np.tri(len(square_ij), k=-1, dtype=np.bool_), np.inf, square_ij).__getitem__)
    for first in range(TILE_ROWS, tile_ij.shape[1], TILE_ROWS):
        yield OutwardBlock(tile_ij[:, first : first + TILE_ROWS].__getitem__)


def backward_blocks(frames: DistanceFrames, alpha: float, start: int, tile_ij: Floats) -> Iterator[OutwardBlock]:
    """Iterate over the blocks from the diagonal to the first frame; those before the tile are computed on request.

    Args:
        frames: frames of the utterance.
        alpha: width of the kernel.
        start: index of the frame of the tile's first row.
        tile_ij: values `[rows, columns]` of the tile; its first column is on the diagonal.
    """
    square_ij = tile_ij[:, : len(tile_ij)]
    yield OutwardBlock(np.where(np.tri(len(square_ij), dtype=np.bool_), square_ij, np.inf)[:, ::-1].__getitem__)
    for stop in range(start, 0, -TILE_ROWS):
        yield OutwardBlock(partial(_earlier_rows, frames, alpha, start, slice(stop - TILE_ROWS, stop)))


def _earlier_rows(frames: DistanceFrames, alpha: float, start: int, columns: slice, active: Ints) -> Floats:
    return frames.kernel(alpha, start + active, columns)[:, ::-1]


def run_lengths(blocks: Iterable[OutwardBlock], thresholds_bi: Floats) -> Ints:
    """Count the frames `[b, i]` from the diagonal (included) to the first at or below the threshold of its row.

    The lowest value so far never rises, so the number of columns in which it is above the threshold is the length of
    the run. A row needs no further block once its lowest value is at or below its smallest threshold.
    """
    length_bi = np.zeros(thresholds_bi.shape, dtype=np.int64)
    lowest_i = np.full(thresholds_bi.shape[1], np.inf)
    for block in blocks:
        active = np.flatnonzero(lowest_i > thresholds_bi.min(axis=0))
        if not active.size:
            break
        outward_ij = block.rows(active)
        falling_ij = np.minimum.accumulate(outward_ij, axis=1)
        np.minimum(falling_ij, lowest_i[active, None], out=falling_ij)
        above_bi = [
            np.count_nonzero(falling_ij > threshold_i[:, None], axis=1) for threshold_i in thresholds_bi[:, active]
        ]
        behind_i = np.count_nonzero(np.isinf(outward_ij), axis=1)  # infinite: on the other side of the diagonal
        length_bi[:, active] += np.stack(above_bi) - behind_i
        lowest_i[active] = falling_ij[:, -1]
    return length_bi


def add_runs(before_qi: Ints, after_qi: Ints, repeat: int) -> Ints:
    """Compute the scores `[q, repeat * T]` from the runs of every row: each adds one to consecutive label frames.

    Up-sampling copies frame i to the label frames repeat * i + copy. The run of a copy extends over all copies of the
    frames of the run of i: so many label frames to the left of t, and so many to the right. Half of each remains,
    because the middle of a pair moves half as far as its second frame. A cumulative sum of +1 at the starts and -1
    after the ends counts the runs that cover each label frame. Points q of a grid are computed together.

    Args:
        before_qi: frames of the run of each row up to the diagonal, which is included; 0 if there is no run.
        after_qi: frames of the run of each row from the diagonal, which is included.
        repeat: label frames per row.

    Examples:
        >>> add_runs(np.array([[1, 2]]), np.array([[2, 1]]), repeat=1).tolist()
        [[1, 1]]
    """
    points, total = len(before_qi), repeat * before_qi.shape[1]
    frame_t, copy_t = np.arange(total), np.tile(np.arange(repeat), before_qi.shape[1])
    before_qt, after_qt = (np.repeat(runs, repeat, axis=1) for runs in (before_qi, after_qi))
    row_q = np.arange(points)[:, None] * (total + 1)
    start_qt = row_q + frame_t - (repeat * (before_qt - 1) + copy_t) // 2
    stop_qt = row_q + frame_t + (repeat * after_qt - 1 - copy_t) // 2 + 1
    has_run_qt = before_qt > 0
    size = points * (total + 1)
    steps = np.bincount(start_qt[has_run_qt], minlength=size) - np.bincount(stop_qt[has_run_qt], minlength=size)
    return np.cumsum(steps.reshape(points, total + 1)[:, :total], axis=1)
