"""Frames by their distance in time from what a corruption changed."""

import numpy as np

from otoscope.models.encoder import Encoder
from otoscope.models.frame_times import frame_centres
from otoscope.patching.effects import PatchedUtterance
from otoscope.typing import AnyFloats, Array, Ints

EDGES = (0.0, 0.05, 0.1, 0.2, 0.5)
"""Largest distance of each class but the last, in seconds."""
DISTANCES = ("changed", "≤50 ms", "≤100 ms", "≤200 ms", "≤500 ms", "beyond")


def distance_classes(encoder: Encoder, utterance: PatchedUtterance) -> Ints:
    """Return the place in `DISTANCES` of each frame, `[T]`. A frame lasts one period around its centre."""
    changed = np.flatnonzero(utterance.clean != utterance.corrupted) / encoder.sampling_rate
    centres = frame_centres(encoder, len(utterance.clean_hidden))
    distance_t = np.clip(distances(centres, changed) - encoder.frame_period / 2, 0, None)
    return np.asarray(np.searchsorted(EDGES, np.round(distance_t, 6)), np.int64)


def distances(times: AnyFloats, points: Array) -> AnyFloats:
    """Return the distance from each time to the nearest of some sorted points.

    >>> distances(np.array([0.0, 1.4, 9.0]), np.array([1.0, 2.0])).tolist()
    [1.0, 0.3999999999999999, 7.0]
    """
    after = np.searchsorted(points, times).clip(0, len(points) - 1)
    before = (after - 1).clip(0)
    return np.asarray(np.minimum(np.abs(points[after] - times), np.abs(points[before] - times)))
