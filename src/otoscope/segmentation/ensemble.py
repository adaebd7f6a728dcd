"""Boundaries from several views of the same frames: the heads of an ensemble.

The method scores each view (the rows of one head's map) alone and divides the score by its mean over the utterance, so
that all heads have the same weight. The local minima of the sum are the boundaries. A single view gives the boundaries
of `detect_boundaries`, because division by a mean does not move a minimum.

Axes: n view, b beta, t frame of the labels.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from otoscope.phones import DEFAULT_LABEL_FRAMES, LabelFrames
from otoscope.segmentation.grid_scores import grid_scores
from otoscope.segmentation.kernel_gram_detector import local_minima
from otoscope.typing import Floats, Ints

Views = Sequence[npt.ArrayLike] | npt.NDArray[np.generic]


def ensemble_scores(views: Views, alpha: float, betas: Sequence[float], repeat: int = 1) -> Floats:
    """Compute the scores `[b, repeat * T]` of several views together.

    Args:
        views: frames `[n, T, d]`, each view in the unit of its own distances, so that all share one alpha.
        alpha: width of the kernel.
        betas: thresholds as multiples of a row's mean.
        repeat: label frames per row.

    Raises:
        InputError: features are not `[T, d]` or not finite; alpha or a beta is not above zero.

    Examples:
        >>> block = np.kron(np.eye(2), np.ones((3, 3)))
        >>> ensemble_scores([block, block], alpha=0.5, betas=[1.0]).round(1).tolist()
        [[1.2, 3.6, 1.2, 1.2, 3.6, 1.2]]
    """
    return np.sum([divide_by_mean(grid_scores(view, [alpha], betas, repeat)[0]) for view in views], axis=0)


def ensemble_boundaries(
    views: Views, alpha: float, betas: Sequence[float], frames: LabelFrames = DEFAULT_LABEL_FRAMES
) -> list[Floats]:
    """Detect boundaries in several views together; a single view gives those of `detect_boundaries`.

    Args:
        views: frames `[n, T, d]`, each view in the unit of its own distances.
        alpha: width of the kernel.
        betas: thresholds as multiples of a row's mean.
        frames: times of the label frames.

    Returns:
        Boundaries `[n]` in seconds, ascending, for each beta.

    Raises:
        InputError: features are not `[T, d]` or not finite; alpha or a beta is not above zero.

    Examples:
        >>> block = np.kron(np.eye(2), np.ones((3, 3)))
        >>> ensemble_boundaries([block, block], alpha=0.5, betas=[1.0])
        [array([0.025])]
    """
    return [frames.seconds(local_minima(score)) for score in ensemble_scores(views, alpha, betas, frames.repeat)]


def divide_by_mean(scores: Ints) -> Floats:
    """Divide scores `[..., t]` by their mean over the frames; scores that are all 0 stay 0.

    >>> divide_by_mean(np.array([[1, 3], [0, 0]])).tolist()
    [[0.5, 1.5], [0.0, 0.0]]
    """
    means = scores.mean(axis=-1, keepdims=True)
    return scores / np.where(means > 0, means, 1)
