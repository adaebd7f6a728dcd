"""Norm of a layer's hidden states, whose extremes mark the borders of units."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from otoscope.segmentation.detectors import Detector
from otoscope.typing import Floats


def score(states_td: Floats, widths: tuple[int, ...]) -> Floats:
    """Return for each width the mean Euclidean norm of the states around each frame.

    >>> score(np.array([[3.0, 4.0], [0.0, 0.0], [6.0, 8.0]]), (1,)).tolist()
    [[5.0, 0.0, 10.0]]
    """
    norm_t = np.linalg.norm(np.asarray(states_td, dtype=np.float64), axis=1)
    return np.stack([uniform_filter1d(norm_t, width, mode="nearest") for width in widths])


DETECTOR = Detector(
    "Mean norm of the hidden states around a frame.", "states", score, is_of_border=False, signs=(1, -1)
)
