"""Scores for a whole grid, row by row: a program that numba compiles for the machine.

Axes: i frame of the model, q point of the grid (alpha by beta), t frame of the labels.
"""

import numpy as np
from numba import float64, int64, njit, void


def _add_grid_scores(distances_ij, limits_qi, repeat, scores_qt):
    """Add the scores of every label frame and point of the grid to `scores_qt`, as `add_runs` of all rows.

    Neighbouring points of the grid have runs of similar lengths, so that a run is searched from the end of the last.
    """
    frames, total = len(distances_ij), scores_qt.shape[1]
    left, right = np.empty(frames), np.empty(frames)
    for i in range(frames):
        _fill_largest(left, distances_ij[i], i, -1)
        _fill_largest(right, distances_ij[i], i, 1)
        before, after = 0, 0
        for q in range(len(limits_qi)):
            limit = limits_qi[q, i]
            if not limit > 0:
                continue
            before = _run_length(left, i + 1, limit, before)
            after = _run_length(right, frames - i, limit, after)
            for copy in range(repeat):
                t = repeat * i + copy
                scores_qt[q, t - (repeat * (before - 1) + copy) // 2] += 1
                stop = t + (repeat * after - 1 - copy) // 2 + 1
                if stop < total:
                    scores_qt[q, stop] -= 1
    for q in range(len(limits_qi)):
        for t in range(1, total):
            scores_qt[q, t] += scores_qt[q, t - 1]


@njit
def _fill_largest(largest, distances, i, step):
    """Write the largest distance on the way from frame i to each frame on one side."""
    top, j, place = 0.0, i, 0
    while 0 <= j < len(distances):
        top = max(top, distances[j])
        largest[place] = top
        j += step
        place += 1


@njit
def _run_length(largest, frames, limit, start):
    """Return the number of the first frames whose largest distance is below a limit."""
    length = start
    while length < frames and largest[length] < limit:
        length += 1
    while length > 0 and largest[length - 1] >= limit:
        length -= 1
    return length


def _jit(cache):
    signature = void(float64[:, ::1], float64[:, ::1], int64, int64[:, ::1])
    return njit(signature, nogil=True, cache=cache)(_add_grid_scores)


try:
    add_grid_scores = _jit(cache=True)
except RuntimeError:  # no folder for compiled code can be written
    add_grid_scores = _jit(cache=False)
