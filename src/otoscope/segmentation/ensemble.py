"""Several views of the same frames find boundaries together: the heads of an ensemble.

Each view (the rows of one head's map) is scored alone, as the method says; its score is divided by its own mean over
the utterance, so that a head of long runs does not drown the others; the sum's local minima are the boundaries. A
single view gives the method's own boundaries, because a mean does not move a minimum.

Axes: n view, b beta, t frame of the labels.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from otoscope.phones import DEFAULT_LABEL_FRAMES, LabelFrames
from otoscope.segmentation.detector import boundary_scores_per_frame, local_minima
from otoscope.segmentation.kernel_gram import Floats

Views = Sequence[npt.ArrayLike] | npt.NDArray[np.generic]


def ensemble_scores(views: Views, alpha: float, betas: Sequence[float], repeat: int = 1) -> Floats:
    """Scores [b, repeat * T] of several views together.

    Args:
        views: [n, T, d], each in the unit of its own distances, so that one alpha serves all.
        alpha, betas, repeat: as for `boundary_scores_per_frame`.

    Raises:
        InputError: as `detect_boundaries` does.

    Examples:
        >>> block = np.kron(np.eye(2), np.ones((3, 3)))
        >>> ensemble_scores([block, block], alpha=0.5, betas=[1.0]).round(1).tolist()
        [[1.2, 3.6, 1.2, 1.2, 3.6, 1.2]]
    """
    return np.sum([_over_its_mean(boundary_scores_per_frame(view, alpha, betas, repeat)) for view in views], axis=0)


def ensemble_boundaries(
    views: Views, alpha: float, betas: Sequence[float], frames: LabelFrames = DEFAULT_LABEL_FRAMES
) -> list[Floats]:
    """Boundaries in seconds, ascending, for each beta: those of `detect_boundaries` where there is one view.

    Raises:
        InputError: as `detect_boundaries` does.

    Examples:
        >>> block = np.kron(np.eye(2), np.ones((3, 3)))
        >>> ensemble_boundaries([block, block], alpha=0.5, betas=[1.0])
        [array([0.025])]
    """
    return [frames.seconds(local_minima(score)) for score in ensemble_scores(views, alpha, betas, frames.repeat)]


def _over_its_mean(score_bt: npt.NDArray[np.int64]) -> Floats:
    mean_b = score_bt.mean(axis=1, keepdims=True)
    return score_bt / np.where(mean_b > 0, mean_b, 1)
