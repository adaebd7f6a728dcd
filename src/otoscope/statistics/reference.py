"""Compute attention maps and their parts slowly, in float64 numpy, as the method prints the formulas.

Tests compare the kernels and the statistics with them.
"""

import numpy as np
from numpy.typing import ArrayLike

from otoscope.typing import Floats, Ints


def attention_map(
    query: ArrayLike,
    key: ArrayLike,
    *,
    scaling: float,
    bias: ArrayLike | None = None,
    radius: int | None = None,
    renormalise: bool = True,
) -> Floats:
    """Return one head's `A [T, T]` (query, key) of one utterance; rows whose keys are all forbidden are 0.

    Args:
        query, key: states of the head, `[T, d]`.
        scaling: factor of the scores.
        bias: added to the scores, `[T, T]`; -inf forbids a key.
        radius: queries attend to keys at most so many frames away; None: to all.
        renormalise: whether the softmax is over the keys within `radius`; otherwise it is over all keys, and weights
            beyond `radius` are set to zero.

    Examples:
        >>> attention_map([[0.0], [0.0]], [[1.0], [1.0]], scaling=1.0).tolist()
        [[0.5, 0.5], [0.5, 0.5]]
    """
    q = np.asarray(query, np.float64)
    k = np.asarray(key, np.float64)
    T = len(q)
    score = scaling * q @ k.T
    if bias is not None:
        score = score + np.asarray(bias, np.float64)
    is_beyond = distance(T) > (T if radius is None else radius)
    if renormalise:
        score = np.where(is_beyond, -np.inf, score)
    peak = score.max(axis=1, keepdims=True)
    weight = np.exp(score - np.where(np.isfinite(peak), peak, 0.0))
    total = weight.sum(axis=1, keepdims=True)
    A = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    return np.where(is_beyond, 0.0, A)


def distance(T: int) -> Ints:
    """Return `|q - k|` in frames, `[T, T]`.

    Examples:
        >>> distance(3).tolist()
        [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    """
    frames = np.arange(T)
    return np.abs(frames[:, None] - frames[None, :])


def upsample(A: Floats, repeat: int) -> Floats:
    """Return a map on a finer grid: each weight repeated in both directions, rows scaled to their former sums.

    Examples:
        >>> upsample(np.array([[0.25, 0.75], [0.0, 0.0]]), 2)[[0, 2]].tolist()
        [[0.125, 0.125, 0.375, 0.375], [0.0, 0.0, 0.0, 0.0]]
    """
    fine = A.repeat(repeat, axis=0).repeat(repeat, axis=1)
    total, before = fine.sum(axis=1, keepdims=True), A.sum(axis=1, keepdims=True).repeat(repeat, axis=0)
    return np.divide(fine * before, total, out=np.zeros_like(fine), where=total > 0)


def attending_rows(A: Floats) -> int:
    """Return the number of queries that attend to anything, by which means over queries divide; at least 1.

    Examples:
        >>> attending_rows(np.array([[1.0, 0.0], [0.0, 0.0]]))
        1
    """
    return max(1, int((A.sum(axis=1) > 0).sum()))


def entropy(p: Floats) -> float:
    """Return `H(p) = -sum p ln p` in nats, with `0 ln 0 = 0`.

    Examples:
        >>> round(entropy(np.array([0.5, 0.5, 0.0])), 6)
        0.693147
    """
    positive = p[p > 0]
    return float(-(positive * np.log(positive)).sum())
