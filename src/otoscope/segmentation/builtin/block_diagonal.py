"""Attention across a frame, over attention within the frames before it and after it: blocks along the diagonal."""

import numpy as np

from otoscope.segmentation.detectors import Detector
from otoscope.typing import Floats

SMALLEST = 1e-12


def score(attn_qk: Floats, widths: tuple[int, ...]) -> Floats:
    """Return for each width the mean attention across the border before each frame, over that within a side.

    The frames of a unit attend to each other: at its border the square of attention is two blocks. The score is the
    novelty of Foote, Automatic audio segmentation using a measure of audio novelty, 2000, as a ratio.

    >>> score(np.kron(np.eye(2), np.ones((3, 3))), (2,)).round(2).tolist()
    [[1.0, 1.0, 0.67, 0.0, 0.67, 1.0]]
    """
    sums = np.pad(np.cumsum(np.cumsum(attn_qk, axis=0), axis=1), ((1, 0), (1, 0)))
    frame_t = np.arange(len(attn_qk))

    def mean(rows: tuple[Floats, Floats], columns: tuple[Floats, Floats]) -> Floats:
        (a, b), (c, d) = rows, columns
        total: Floats = sums[b, d] - sums[a, d] - sums[b, c] + sums[a, c]
        return total / np.maximum((b - a) * (d - c), 1)

    scores = []
    for width in widths:
        before = np.maximum(frame_t - width, 0), np.maximum(frame_t, 1)
        after = np.minimum(frame_t, len(attn_qk) - 1), np.minimum(frame_t + width, len(attn_qk))
        across = mean(before, after) + mean(after, before)
        scores.append(across / np.maximum(mean(before, before) + mean(after, after), SMALLEST))
    return np.stack(scores)


DETECTOR = Detector("Attention between both sides of a frame, over attention within them.", "map", score)
