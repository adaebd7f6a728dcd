"""Tune alpha and beta of a segmentation on a validation part, for the best strict R-value.

The unit of alpha is the median distance between frames (median over utterances), because at `alpha / median` the
kernel-gram matrix does not depend on the scale of the features. So one grid is enough for MFCC, mel frames, attention
rows and representations (attention is best near 0.1 with beta near 4, MFCC near 0.4 and 2). One pass over the features
gives the boundaries for the whole grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.phones import DEFAULT_LABEL_FRAMES, LabelFrames
from otoscope.segmentation.boundaries import BoundaryCounts, BoundaryScores, count_boundaries
from otoscope.segmentation.ensemble import divide_by_mean, ensemble_boundaries
from otoscope.segmentation.grid_counts import minima_of_rows, strict_counts_of_rows
from otoscope.segmentation.grid_scores import GridFrames
from otoscope.typing import Ints

RATIOS = tuple(0.05 * 2 ** (step / 2) for step in range(10))
"""Grid of alpha / median distance, from 0.05 to 1.1."""
BETAS = tuple(1.2**step for step in range(-4, 14))
"""Grid of beta, from 0.48 to 10.7."""


@dataclass(frozen=True, eq=False)
class LabelledFeatures:
    """Features of one utterance and its reference boundaries.

    Attributes:
        features: frames `[T, d]` at the model's rate, or `[n, T, d]` for n views, each in the unit of its distances.
        boundaries: times `[m]` in seconds, ascending.

    Examples:
        >>> LabelledFeatures([[0.0], [1.0]], [0.005]).views.shape
        (1, 2, 1)
    """

    features: npt.ArrayLike
    boundaries: npt.ArrayLike

    @cached_property
    def grids(self) -> list[GridFrames]:
        """Return each view with its distances."""
        return [GridFrames(view) for view in self.views]

    @property
    def views(self) -> npt.NDArray[np.generic]:
        """Return the features `[n, T, d]`; those of a single view are `[1, T, d]`."""
        array = np.asarray(self.features)
        return array if array.ndim == 3 else array[None]


@dataclass(frozen=True)
class TunedParameters:
    """The best alpha and beta of a validation part.

    Attributes:
        alpha: width of the kernel, in the unit of distances between features.
        beta: threshold as a multiple of a row's mean.
        scores: strict scores on the validation part.
        unit: median distance between frames of the validation part, the unit of the grid of alphas.

    Examples:
        >>> block = np.kron(np.eye(3), np.ones((5, 5)))
        >>> tune([LabelledFeatures(block, [0.045, 0.095])]).scores.f1
        1.0
    """

    alpha: float
    beta: float
    scores: BoundaryScores
    unit: float


def tune(
    part: Sequence[LabelledFeatures],
    frames: LabelFrames = DEFAULT_LABEL_FRAMES,
    tolerance: float = 0.020,
    ratios: Sequence[float] = RATIOS,
    betas: Sequence[float] = BETAS,
) -> TunedParameters:
    """Find alpha and beta with the best strict R-value over all utterances of a validation part together.

    The function searches the grid, then a finer grid around the best point: half and a quarter of a step to each side.
    Of equal points it chooses the smallest alpha, then the smallest beta; there is no randomness.

    Args:
        part: utterances, all with features of the same kind.
        frames: times of the label frames; by default one for each row of features, every 10 ms from 0.
        tolerance: tolerance of the R-value in seconds.
        ratios: grid of alphas, as multiples of the median distance; neighbours have a constant ratio.
        betas: grid of betas; neighbours have a constant ratio.

    Returns:
        The best parameters, with their scores.

    Raises:
        InputError: there is no utterance or no reference boundary; features do not vary; and all errors of
            `detect_boundaries` and `score_boundaries`.

    Examples:
        >>> block = np.kron(np.eye(3), np.ones((5, 5)))
        >>> tune([LabelledFeatures(block, [0.045, 0.095])]).scores.r_value
        1.0
    """
    unit = _unit_of_alpha(part)
    ratio, beta = _best_point(part, unit, ratios, betas, frames, tolerance)
    ratio, beta = _best_point(part, unit, _around(ratio, ratios), _around(beta, betas), frames, tolerance)
    [counts] = pooled_counts(part, unit * ratio, [beta], frames, tolerance)
    return TunedParameters(unit * ratio, beta, counts.scores(), unit)


def pooled_counts(
    part: Sequence[LabelledFeatures],
    alpha: float,
    betas: Sequence[float],
    frames: LabelFrames = DEFAULT_LABEL_FRAMES,
    tolerance: float = 0.020,
    strict: bool = True,
) -> list[BoundaryCounts]:
    """Count boundaries over all utterances, for each beta: the points of a precision-recall curve.

    Raises:
        InputError: all errors of `detect_boundaries` and `score_boundaries`.

    Examples:
        >>> block = np.kron(np.eye(3), np.ones((5, 5)))
        >>> few, many = pooled_counts([LabelledFeatures(block, [0.045, 0.095])], alpha=0.5, betas=[0.001, 1.0])
        >>> few.scores().recall, many.scores().recall
        (0.0, 1.0)
    """
    counts_ub = (utterance_counts(utterance, alpha, betas, frames, tolerance, strict) for utterance in part)
    return [sum(counts_u, BoundaryCounts()) for counts_u in zip(*counts_ub, strict=True)]


def utterance_counts(
    utterance: LabelledFeatures,
    alpha: float,
    betas: Sequence[float],
    frames: LabelFrames = DEFAULT_LABEL_FRAMES,
    tolerance: float = 0.020,
    strict: bool = True,
) -> list[BoundaryCounts]:
    """Count boundaries of one utterance, for each beta; intervals need the counts of utterances.

    Raises:
        InputError: all errors of `detect_boundaries` and `score_boundaries`.

    Examples:
        >>> block = np.kron(np.eye(3), np.ones((5, 5)))
        >>> utterance_counts(LabelledFeatures(block, [0.045, 0.095]), alpha=0.5, betas=[1.0])
        [BoundaryCounts(reference=2, predicted=2, hits=2, correct=2)]
    """
    times_b = ensemble_boundaries(utterance.views, alpha, betas, frames)
    return [count_boundaries(utterance.boundaries, times, tolerance, strict) for times in times_b]


def _best_point(
    part: Sequence[LabelledFeatures],
    unit: float,
    ratios: Sequence[float],
    betas: Sequence[float],
    frames: LabelFrames,
    tolerance: float,
) -> tuple[float, float]:
    """Return alpha / unit and beta of the first point of the grid with the highest R-value."""
    alphas = [unit * ratio for ratio in ratios]
    total_qc = sum(_grid_counts(utterance, alphas, betas, frames, tolerance) for utterance in part)
    r_values = [BoundaryCounts(*row).scores().r_value for row in np.asarray(total_qc).tolist()]
    best = int(np.argmax(r_values))
    return ratios[best // len(betas)], betas[best % len(betas)]


def _grid_counts(
    utterance: LabelledFeatures,
    alphas: Sequence[float],
    betas: Sequence[float],
    frames: LabelFrames,
    tolerance: float,
) -> Ints:
    """Return the strict counts `[alpha * beta, count]` of one utterance."""
    scores = sum(divide_by_mean(grid.scores(alphas, betas, frames.repeat)) for grid in utterance.grids)
    rows, minima = minima_of_rows(np.asarray(scores).reshape(len(alphas) * len(betas), -1))
    reference = np.asarray(utterance.boundaries, dtype=np.float64)
    return strict_counts_of_rows(reference, rows, frames.seconds(minima), len(alphas) * len(betas), tolerance)


def _around(best: float, grid: Sequence[float]) -> list[float]:
    """Return the best value and, to each side, values half and a quarter of the grid's first step away."""
    step = grid[1] / grid[0] if len(grid) > 1 else 1.0
    return [best * step**part for part in (-0.5, -0.25, 0.0, 0.25, 0.5)] if step != 1 else [best]


def _unit_of_alpha(part: Sequence[LabelledFeatures]) -> float:
    if not part or not sum(len(np.asarray(utterance.boundaries)) for utterance in part):
        raise InputError(
            f"expected utterances with reference boundaries to tune on, got {len(part)} utterances and no boundary; "
            "add utterances with phones"
        )
    unit = typical_distance(part)
    if not unit > 0:
        raise InputError(
            "expected features that vary over time, got equal frames in at least half of the pairs; use other features"
        )
    return unit


def typical_distance(part: Sequence[LabelledFeatures]) -> float:
    """Return the median, over utterances and views, of the median distance between frames.

    The result is 0 if features do not vary.

    Examples:
        >>> typical_distance([LabelledFeatures([[0.0], [1.0], [3.0]], []), LabelledFeatures([[0.0], [4.0]], [])])
        3.0
    """
    return float(np.median([grid.median for utterance in part for grid in utterance.grids]))
