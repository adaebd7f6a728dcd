"""The steps of the segmentation on whole matrices: slow, simple code that tests compare `kernel_gram_detector.py` with.

Yang, Liu & Lee, Understanding Self-Attention of Self-Supervised Audio Transformers, Interspeech 2020, section 5.
Axes: i, j, t frames of the labels. All sizes are small: the work grows with the cube of the number of frames.
"""

import numpy as np
import numpy.typing as npt

from otoscope.typing import Bools, Floats, Ints


def up_sampled(attention: npt.ArrayLike, repeat: int) -> Floats:
    """Up-sample an attention map `[T, T]` to label frames `[repeat * T, repeat * T]`; each row sums to 1 again.

    >>> up_sampled([[1.0]], repeat=2).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    repeated = np.asarray(attention, dtype=np.float64).repeat(repeat, axis=0).repeat(repeat, axis=1)
    return repeated / repeated.sum(axis=1, keepdims=True)


def kernel_gram(features: npt.ArrayLike, alpha: float) -> Floats:
    """Compute step 1: `K[i, j] = exp(-|v_i - v_j| / alpha)`, from features [T, d].

    >>> kernel_gram([[0.0], [0.0]], alpha=1.0).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    v = np.asarray(features, dtype=np.float64)
    return np.array([[np.exp(-np.linalg.norm(a - b) / alpha) for b in v] for a in v])


def filtered(K: Floats, beta: float) -> Bools:
    """Compute steps 2 and 3: `Kf[i, j]`, whether `K[i, k]` is above `beta * mean_j K[i, j]` for every k from i to j.

    >>> filtered(np.array([[1.0, 0.0, 1.0]] * 3), beta=1.0).tolist()
    [[True, False, False], [False, False, False], [False, False, True]]
    """
    T = len(K)
    eps = [beta * K[i].mean() for i in range(T)]
    return np.array([[all(K[i, min(i, j) : max(i, j) + 1] > eps[i]) for j in range(T)] for i in range(T)])


def score(Kf: Bools) -> Ints:
    """Compute step 4: `S[t] = sum_k Kf[t - k, t + k]` over whole k of both signs; pairs out of range count 0.

    >>> score(np.ones((3, 3), dtype=bool)).tolist()
    [1, 3, 1]
    """
    T = len(Kf)
    inside = [[k for k in range(-T, T + 1) if 0 <= t - k < T and 0 <= t + k < T] for t in range(T)]
    return np.array([sum(int(Kf[t - k, t + k]) for k in inside[t]) for t in range(T)])


def minima(S: npt.ArrayLike) -> list[float]:
    """Compute step 5: centres of the plateaus of `S [t]` that are lower than the frames before and after.

    >>> minima([1, 0, 0, 1])
    [1.5]
    """
    values = np.asarray(S).tolist()
    spans = [(a, b) for a in range(1, len(values)) for b in range(a, len(values) - 1)]
    return [
        (a + b) / 2
        for a, b in spans
        if len(set(values[a : b + 1])) == 1 and values[a - 1] > values[a] and values[b + 1] > values[b]
    ]
