"""Scores of one utterance for a whole grid of alphas and betas, from one matrix of distances.

The result is that of `boundary_scores_per_frame` for every alpha. The kernel is a falling function of the distance:
frame j is above the threshold of row i, `exp(-D[i, j] / alpha) > beta * mean_i`, if `D[i, j] < -alpha *
log(beta * mean_i)`. So the run of row i ends where the largest distance on the way from the diagonal reaches this
number. The largest distances do not depend on alpha or beta: one binary search in them gives the run of each point of
the grid.

The matrix of distances is in memory. A long utterance is computed by `detector` in tiles instead. Where numba is
installed, a compiled program does the same (`grid_program`).

Axes: i frame of the model, q point of the grid (alpha by beta), t frame of the labels.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.segmentation.kernel_gram import MEDIAN_FRAMES, DistanceFrames, median_distance, median_of_pairs
from otoscope.segmentation.kernel_gram_detector import add_runs, boundary_scores_per_frame
from otoscope.typing import Floats, Ints

MAX_FRAMES = 4000
"""Most frames of a matrix of distances; it has 128 MB."""


def grid_scores(features: npt.ArrayLike, alphas: Sequence[float], betas: Sequence[float], repeat: int = 1) -> Ints:
    """Compute the scores of every label frame for several alphas and betas.

    Args:
        features: frames `[T, d]` at the model's rate.
        alphas: widths of the kernel, in the unit of distances between features.
        betas: thresholds as multiples of a row's mean.
        repeat: label frames per row.

    Returns:
        Scores `[alpha, beta, repeat * T]`.

    Raises:
        InputError: features are not `[T, d]` or not finite; an alpha or a beta is not above zero.

    Examples:
        >>> grid_scores([[0.0], [0.0], [9.0]], alphas=[1.0], betas=[0.5, 5.0]).tolist()
        [[[1, 1, 1], [0, 0, 0]]]
    """
    return GridFrames(features).scores(alphas, betas, repeat)


class GridFrames:
    """Frames of one utterance whose distances are computed once, for the median and for several grids.

    The matrix of a long utterance is not stored.
    """

    def __init__(self, features: npt.ArrayLike) -> None:
        """Centre the features `[T, d]`.

        Raises:
            InputError: features are not `[T, d]` or not finite.
        """
        self._features = np.asarray(features)
        self._frames = DistanceFrames.of(features)
        self._distances: Floats | None = None

    @cached_property
    def median(self) -> float:
        """Return the median distance between two frames, that of `median_distance`."""
        if len(self._frames) > MEDIAN_FRAMES:
            return median_distance(self._features)
        return median_of_pairs(self.distances)

    @property
    def distances(self) -> Floats:
        """Return the distances `[i, j]` between all frames."""
        if self._distances is not None:
            return self._distances
        distances_ij = self._frames.distances(slice(None), slice(None))
        if len(self._frames) <= MEDIAN_FRAMES:
            self._distances = distances_ij
        return distances_ij

    def scores(self, alphas: Sequence[float], betas: Sequence[float], repeat: int = 1) -> Ints:
        """Return what `grid_scores` computes."""
        wrong = [value for value in (*alphas, *betas) if not (math.isfinite(value) and value > 0)]
        if wrong:
            raise InputError(f"expected alpha and beta above 0, got {wrong[0]}; pass positive numbers")
        if len(self._frames) > MAX_FRAMES:
            return np.stack([boundary_scores_per_frame(self._features, alpha, betas, repeat) for alpha in alphas])
        distances_ij = self.distances
        limits_qi = _distance_limits(distances_ij, alphas, np.asarray(betas, dtype=np.float64))
        scores_qt = scores_of_limits()(distances_ij, limits_qi, repeat)
        return scores_qt.reshape(len(alphas), len(betas), -1)


@cache
def scores_of_limits() -> Callable[[Floats, Floats, int], Ints]:
    """Return the function from distances and limits to scores `[q, repeat * T]`: compiled where numba is installed."""
    return compiled_scores if find_spec("numba") else array_scores


def compiled_scores(distances_ij: Floats, limits_qi: Floats, repeat: int) -> Ints:
    """Compute the scores by the compiled program."""
    from otoscope.segmentation.grid_program import add_grid_scores

    scores_qt = np.zeros((len(limits_qi), repeat * len(distances_ij)), dtype=np.int64)
    add_grid_scores(distances_ij, limits_qi, repeat, scores_qt)
    return scores_qt


def array_scores(distances_ij: Floats, limits_qi: Floats, repeat: int) -> Ints:
    """Compute the scores by operations on arrays."""
    after_qi = _run_lengths(distances_ij, limits_qi)
    before_qi = _run_lengths(distances_ij[::-1, ::-1], limits_qi[:, ::-1])[:, ::-1]
    return add_runs(before_qi, after_qi, repeat)


def _distance_limits(distances_ij: Floats, alphas: Sequence[float], betas_b: Floats) -> Floats:
    """Return the distance `[q, i]` below which a frame is above the threshold of row i."""
    means_ai = np.stack([np.exp(distances_ij / -alpha).mean(axis=1) for alpha in alphas])
    limits_abi = -np.asarray(alphas)[:, None, None] * np.log(betas_b[:, None] * means_ai[:, None])
    return limits_abi.reshape(-1, len(distances_ij))


def _run_lengths(distances_ij: Floats, limits_qi: Floats) -> Ints:
    """Count the frames `[q, i]` from the diagonal (included) to the first that is not below the limit of its row.

    The rows are searched as one ascending array: row i is raised by 2 i, after all distances are scaled to at most 1.
    """
    frames = len(distances_ij)
    largest_ij = np.maximum.accumulate(np.triu(distances_ij), axis=1)
    unit = float(largest_ij.max()) or 1.0
    raise_i = 2.0 * np.arange(frames)
    order_qi = np.clip(limits_qi / unit, 0, 1.5) + raise_i
    ends_iq = np.searchsorted((largest_ij / unit + raise_i[:, None]).ravel(), order_qi.T.ravel())
    lengths_qi = ends_iq.reshape(frames, -1).T - np.arange(frames) * (frames + 1)
    return np.where(limits_qi > 0, np.maximum(lengths_qi, 1), 0)
