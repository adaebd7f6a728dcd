"""How well a class of a frame, such as its position or its phone, predicts what the frame draws in unseen speakers.

A frame is predicted by the mean of its class in all other groups of clusters. The share of the variance that this
explains is 1 for a perfect prediction, 0 for one no better than a single mean, and below 0 for a worse one. It needs
sums alone: `sum (x - m)^2 = sum x^2 - 2 m sum x + n m^2` in each class.

Axes: g group of clusters, c class, ... layer and head.
"""

import numpy as np

from otoscope.results.intervals import Estimate, estimate
from otoscope.typing import AnyFloats, Floats


def squared_errors(frames_gc: Floats, drawn_gc: Floats, squares_g: Floats) -> Floats:
    """Return the sum of squared errors of each group, predicted by the mean of each class in the other groups.

    A class that no other group has is predicted by the mean over all classes.

    Args:
        frames_gc: number of frames of each class.
        drawn_gc: sum over the frames of each class, `[g, c, ...]`.
        squares_g: sum of squares over all frames, `[g, ...]`.

    >>> frames, drawn = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([[1.0, 3.0], [1.0, 3.0]])
    >>> squared_errors(frames, drawn, np.array([10.0, 10.0])).tolist()
    [0.0, 0.0]
    """
    frames_gc = frames_gc.reshape(frames_gc.shape + (1,) * (drawn_gc.ndim - 2))
    other_frames, other_drawn = (each.sum(0) - each for each in (frames_gc, drawn_gc))
    with np.errstate(invalid="ignore", divide="ignore"):
        overall = other_drawn.sum(1, keepdims=True) / other_frames.sum(1, keepdims=True)
        mean = np.where(other_frames > 0, other_drawn / other_frames, overall)
    errors: Floats = squares_g + (np.square(mean) * frames_gc - 2 * mean * drawn_gc).sum(1)
    return errors


def explained(frames_gc: Floats, drawn_gc: Floats, squares_g: Floats, clusters: str, axes: tuple[int, ...]) -> Estimate:
    """Return the share of the variance that a class explains.

    Args:
        frames_gc, drawn_gc, squares_g: as for `squared_errors`.
        clusters: name of the clusters, `Clusters.key`.
        axes: axes of `squares_g` over which errors are added: heads, or layers and heads.
    """
    errors = squared_errors(frames_gc, drawn_gc, squares_g)
    single = squared_errors(frames_gc.sum(1, keepdims=True), drawn_gc.sum(1, keepdims=True), squares_g)
    return estimate(_share, clusters, errors.sum(axes), single.sum(axes))


def _share(errors: AnyFloats, single: AnyFloats) -> AnyFloats:
    return np.asarray(1 - errors / single)
