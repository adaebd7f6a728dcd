"""Phone boundaries from any sequence of frames: where few frames around belong together.

Yang, Liu & Lee, Understanding Self-Attention of Self-Supervised Audio Transformers, Interspeech 2020, section 5; the
steps to the letter are in `reference.py`. Row i of the filtered kernel-gram matrix is one run of frames, l to r, around
i. A kept pair (i, j) adds to the score at its middle (i + j) / 2 where that is a whole frame, so the whole row adds one
to each t from i - (i - l) // 2 to i + (r - i) // 2: two numbers per row are enough, and no matrix is kept.

Axes: i frame of a tile's rows, j frame of its columns, b beta, t frame of the labels.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.phones.label_frames import DEFAULT_LABEL_FRAMES, LabelFrames
from otoscope.segmentation.kernel_gram import DistanceFrames, Floats

Ints = npt.NDArray[np.int64]

TILE_ROWS = 512  # of a tile


def detect_boundaries(
    features: npt.ArrayLike, alpha: float, beta: float, frames: LabelFrames = DEFAULT_LABEL_FRAMES
) -> Floats:
    """Boundaries in seconds, ascending: the local minima of the score.

    Args:
        features: [T, d], rows at the model's rate: MFCC, mel frames, representations, or `label_rows` of an
            attention map.
        alpha: width of the kernel, in the unit of distances between features.
        beta: threshold of a row as a multiple of its mean; larger finds more boundaries.
        frames: where label frames lie; by default every 10 ms from 0, one for each row.

    Raises:
        InputError: features not [T, d] or not finite; alpha or beta not above zero.

    Examples:
        >>> block = np.kron(np.eye(3), np.ones((5, 5)))  # three phones of five frames
        >>> detect_boundaries(block, alpha=0.5, beta=1.0).tolist()
        [0.045, 0.095]
    """
    [score] = boundary_scores_per_frame(features, alpha, [beta], frames.repeat)
    return frames.seconds(local_minima(score))


def boundary_scores_per_frame(features: npt.ArrayLike, alpha: float, betas: Sequence[float], repeat: int = 1) -> Ints:
    """Scores [b, repeat * T] of every label frame, for several betas in one pass.

    Memory is that of the features and one tile of 512 rows; a right run reads its tile, a left run goes back by tiles
    only as far as some row of its block still holds on, so that the lower half of the matrix is seldom computed.

    Args:
        features: [T, d] rows at the model's rate.
        alpha: width of the kernel.
        betas: thresholds as multiples of a row's mean.
        repeat: label frames per row. Repeated rows need no larger matrix: its means are the same and its runs longer.

    Raises:
        InputError: as `detect_boundaries` does.

    Examples:
        >>> boundary_scores_per_frame([[0.0], [0.0], [9.0]], alpha=1.0, betas=[0.5, 1.0, 5.0]).tolist()
        [[1, 1, 1], [1, 1, 1], [0, 0, 0]]
    """
    wrong = [value for value in (alpha, *betas) if not (math.isfinite(value) and value > 0)]
    if wrong:
        raise InputError(f"expected alpha and beta above 0, got {wrong[0]}")
    frames = DistanceFrames.of(features)
    before_bt, after_bt = _runs(frames, alpha, np.asarray(betas, dtype=np.float64))
    return np.stack([_add_runs(before, after, repeat) for before, after in zip(before_bt, after_bt, strict=True)])


def label_rows(attention: npt.ArrayLike, repeat: int) -> Floats:
    """Rows [T, T] whose distances are those of the attention map moved to label frames: `attention / sqrt(repeat)`.

    On the label grid every weight stands in `repeat` columns and is divided by `repeat` as rows are normalised again:
    squared distances are `repeat / repeat^2` of what they were, so normalising again only rescales alpha.

    Examples:
        >>> label_rows([[1.0, 0.0], [0.0, 1.0]], repeat=4).tolist()
        [[0.5, 0.0], [0.0, 0.5]]
    """
    return np.asarray(attention, dtype=np.float64) / math.sqrt(repeat)


def local_minima(score: npt.ArrayLike) -> Floats:
    """Frames [n] where the score [t] is lower than on both sides; a plateau counts once, at its centre.

    A score counts frames, so plateaus are common; their centre may lie between two frames. The first and the last
    plateau have one side only and are no minima.

    Examples:
        >>> local_minima([2, 1, 1, 3, 0, 4, 2, 2]).tolist()
        [1.5, 4.0]
    """
    given = np.asarray(score)
    starts = np.flatnonzero(np.diff(given, prepend=given[:1] - 1) != 0)
    ends = np.append(starts[1:], len(given)) - 1
    rises = np.diff(given[starts]) > 0
    lowest = 1 + np.flatnonzero(~rises[:-1] & rises[1:])
    return (starts[lowest] + ends[lowest]) / 2


def _runs(frames: DistanceFrames, alpha: float, betas_b: Floats) -> tuple[Ints, Ints]:
    """Frames [b, i] of each row's run up to the diagonal and from it on, the diagonal in both; 0 where not even that.

    The matrix is symmetric: a tile reaches from its diagonal to the right, and adds to the sums of the rows below.
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
    own_ij = tile_ij[:, : len(tile_ij)]
    yield OutwardBlock(np.where(np.tri(len(own_ij), k=-1, dtype=np.bool_), np.inf, own_ij).__getitem__)
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
    own_ij = tile_ij[:, : len(tile_ij)]
    yield OutwardBlock(np.where(np.tri(len(own_ij), dtype=np.bool_), own_ij, np.inf)[:, ::-1].__getitem__)
    for stop in range(start, 0, -TILE_ROWS):
        yield OutwardBlock(partial(_earlier_rows, frames, alpha, start, slice(stop - TILE_ROWS, stop)))


def _earlier_rows(frames: DistanceFrames, alpha: float, start: int, columns: slice, active: Ints) -> Floats:
    return frames.kernel(alpha, start + active, columns)[:, ::-1]


def run_lengths(blocks: Iterable[OutwardBlock], thresholds_bi: Floats) -> Ints:
    """Count the frames `[b, i]` from the diagonal (included) to the first at or below the threshold of its row."""
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
        length_bi[:, active] += np.stack(above_bi) - np.count_nonzero(np.isinf(outward_ij), axis=1)
        lowest_i[active] = falling_ij[:, -1]
    return length_bi


def _add_runs(before_i: Ints, after_i: Ints, repeat: int) -> Ints:
    """Score [t] from the runs of every row: each adds one to an unbroken stretch of label frames."""
    total = repeat * len(before_i)
    copy = np.tile(np.arange(repeat), len(before_i))
    frame_t = np.arange(total)
    kept_t = np.repeat(before_i > 0, repeat)
    left_t = repeat * (np.repeat(before_i, repeat) - 1) + copy
    right_t = repeat * np.repeat(after_i, repeat) - 1 - copy
    first = (frame_t - left_t // 2)[kept_t]
    behind = (frame_t + right_t // 2 + 1)[kept_t]
    return np.cumsum(np.bincount(first, minlength=total) - np.bincount(behind, minlength=total + 1)[:total])
