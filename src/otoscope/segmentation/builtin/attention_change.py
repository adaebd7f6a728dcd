"""Change of attention between neighbouring queries: how far the mean rows before and after a frame are apart."""

import numpy as np

from otoscope.segmentation.detectors import Detector
from otoscope.typing import Floats


def score(attn_qk: Floats, widths: tuple[int, ...]) -> Floats:
    """Return for each width minus Hellinger's distance between the mean rows before and after the border at each frame.

    Queries of one unit attend alike, so the distance is large where a unit ends.

    >>> score(np.kron(np.eye(2), np.ones((3, 3)) / 3), (2,)).round(2).tolist()
    [[-0.0, -0.0, -0.54, -1.0, -0.54, -0.0]]
    """
    sums = np.pad(np.cumsum(attn_qk, axis=0), ((1, 0), (0, 0)))
    total = len(attn_qk)
    frame_t = np.arange(total)
    scores = []
    for width in widths:
        before, after = np.maximum(frame_t - width, 0), np.minimum(frame_t + width, total)
        left = (sums[np.maximum(frame_t, 1)] - sums[before]) / np.maximum(frame_t - before, 1)[:, None]
        right = (sums[after] - sums[frame_t]) / (after - frame_t)[:, None]
        difference = np.sqrt(np.maximum(left, 0)) - np.sqrt(np.maximum(right, 0))
        scores.append(-np.linalg.norm(difference, axis=1) / np.sqrt(2))
    return np.stack(scores)


DETECTOR = Detector("Distance between the mean attention of the queries before and after a frame.", "map", score)
