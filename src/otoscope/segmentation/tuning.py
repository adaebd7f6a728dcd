"""Alpha and beta of a segmentation, tuned on a validation part for the best strict R-value.

Alpha is searched in units of the median distance between frames (median over utterances), because at `alpha / median`
the kernel-gram matrix does not depend on the features' scale: one grid serves MFCC, mel frames, attention rows and
representations alike (attention is best near 0.1 with beta near 4, MFCC near 0.4 and 2). One pass over the features
gives every beta of an alpha.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.phones import DEFAULT_LABEL_FRAMES, LabelFrames
from otoscope.segmentation.boundaries import BoundaryCounts, BoundaryScores, count_boundaries
from otoscope.segmentation.ensemble import ensemble_boundaries
from otoscope.segmentation.kernel_gram import median_distance

RATIOS = tuple(0.05 * 2 ** (step / 2) for step in range(10))  # alpha over median distance: 0.05 to 1.1
BETAS = tuple(1.2**step for step in range(-4, 14))  # 0.48 to 10.7


@dataclass(frozen=True, eq=False)
class LabelledFeatures:
    """One utterance: features at the model's rate, and its reference boundaries in seconds, ascending.

    Features are [T, d], or [n, T, d] where n views of the frames vote, each in the unit of its own distances.
    """

    features: npt.ArrayLike
    boundaries: npt.ArrayLike

    @property
    def views(self) -> npt.NDArray[np.generic]:
        """Features [n, T, d]; one view alone is [1, T, d]."""
        given = np.asarray(self.features)
        return given if given.ndim == 3 else given[None]


@dataclass(frozen=True)
class TunedParameters:
    """The best alpha and beta, and the strict scores that they reach on the part they were tuned on.

    `unit` is that part's median distance between frames, in which alpha was searched.
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
    """Alpha and beta with the best strict R-value, counted over all utterances of a validation part together.

    Searches the grid, then once more around its best point, half and a quarter of a step to each side. Of equal points
    the one of smallest alpha, then beta, is kept: nothing is drawn by chance.

    Args:
        part: utterances, all with features of the same kind.
        frames: where label frames lie; by default every 10 ms from 0, one for each row of features.
        tolerance: of the R-value, in seconds.
        ratios, betas: the grid; alphas are `ratios` times the median distance, and steps are ratios of neighbours.

    Raises:
        InputError: no utterance, no reference boundary, features that do not vary, and as `detect_boundaries` and
            `score_boundaries` do.

    Examples:
        >>> block = np.kron(np.eye(3), np.ones((5, 5)))
        >>> tune([LabelledFeatures(block, [0.045, 0.095])]).scores.r_value
        1.0
    """
    unit = _checked_unit(part)
    _, ratio, beta = _best(part, unit, ratios, betas, frames, tolerance)
    _, ratio, beta = _best(part, unit, _around(ratio, ratios), _around(beta, betas), frames, tolerance)
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
    """Counts over all utterances, one for each beta: the points of a precision-recall curve.

    Raises:
        InputError: as `detect_boundaries` and `score_boundaries` do.

    Examples:
        >>> block = np.kron(np.eye(3), np.ones((5, 5)))
        >>> few, many = pooled_counts([LabelledFeatures(block, [0.045, 0.095])], alpha=0.5, betas=[0.001, 1.0])
        >>> few.scores().recall, many.scores().recall
        (0.0, 1.0)
    """
    each = (utterance_counts(utterance, alpha, betas, frames, tolerance, strict) for utterance in part)
    return [sum(of_beta, BoundaryCounts()) for of_beta in zip(*each, strict=True)]


def utterance_counts(
    utterance: LabelledFeatures,
    alpha: float,
    betas: Sequence[float],
    frames: LabelFrames = DEFAULT_LABEL_FRAMES,
    tolerance: float = 0.020,
    strict: bool = True,
) -> list[BoundaryCounts]:
    """Counts of one utterance, one for each beta; kept apart, they can be resampled.

    Raises:
        InputError: as `detect_boundaries` and `score_boundaries` do.

    Examples:
        >>> block = np.kron(np.eye(3), np.ones((5, 5)))
        >>> utterance_counts(LabelledFeatures(block, [0.045, 0.095]), alpha=0.5, betas=[1.0])
        [BoundaryCounts(reference=2, predicted=2, found=2, correct=2)]
    """
    found = ensemble_boundaries(utterance.views, alpha, betas, frames)
    return [count_boundaries(utterance.boundaries, times, tolerance, strict) for times in found]


Point = tuple[float, float, float]  # R-value, alpha over unit, beta


def _best(
    part: Sequence[LabelledFeatures],
    unit: float,
    ratios: Sequence[float],
    betas: Sequence[float],
    frames: LabelFrames,
    tolerance: float,
) -> Point:
    """The first point of the grid with the highest R-value."""
    points = [
        (counts.scores().r_value, ratio, beta)
        for ratio in ratios
        for beta, counts in zip(betas, pooled_counts(part, unit * ratio, betas, frames, tolerance), strict=True)
    ]
    return max(points, key=lambda point: point[0])


def _around(best: float, grid: Sequence[float]) -> list[float]:
    """The best value and, to each side, half and a quarter of a step, as far as the grid's first step is wide."""
    step = grid[1] / grid[0] if len(grid) > 1 else 1.0
    return [best * step**part for part in (-0.5, -0.25, 0.0, 0.25, 0.5)] if step != 1 else [best]


def _checked_unit(part: Sequence[LabelledFeatures]) -> float:
    if not part or not sum(len(np.asarray(utterance.boundaries)) for utterance in part):
        raise InputError(
            f"expected utterances with reference boundaries to tune on, got {len(part)} utterances and none"
        )
    unit = typical_distance(part)
    if not unit > 0:
        raise InputError("expected features that vary over time, got the same frame in at least half of the pairs")
    return unit


def typical_distance(part: Sequence[LabelledFeatures]) -> float:
    """Median over utterances (and their views) of the median distance between frames; 0 where features do not vary.

    Examples:
        >>> typical_distance([LabelledFeatures([[0.0], [1.0], [3.0]], []), LabelledFeatures([[0.0], [4.0]], [])])
        3.0
    """
    return float(np.median([median_distance(view) for utterance in part for view in utterance.views]))
