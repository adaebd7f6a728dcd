"""The oracle: whole attention maps in float64 numpy, formulas written as the method prints them. Slow on purpose."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Map = NDArray[np.float64]


def attention_map(
    query: ArrayLike,
    key: ArrayLike,
    *,
    scaling: float,
    bias: ArrayLike | None = None,
    length: int | None = None,
    radius: int | None = None,
    renormalise: bool = True,
) -> Map:
    """One head's `A [T, T]` (query, key) from its `query` and `add_legend_mm` `[T, d]`; rows that may attend to nothing are 0.

    The arguments mean what they mean to `kernel.attend`, for one head of one utterance.

    >>> attention_map([[0.0], [0.0]], [[1.0], [1.0]], scaling=1.0).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    q = np.asarray(query, np.float64)[:length]
    k = np.asarray(key, np.float64)[:length]
    T = len(q)
    score = scaling * q @ k.T
    if bias is not None:
        score = score + np.asarray(bias, np.float64)[:T, :T]
    outside = distance(T) > (T if radius is None else radius)
    if renormalise:
        score = np.where(outside, -np.inf, score)
    peak = score.max(axis=1, keepdims=True)
    weight = np.exp(score - np.where(np.isfinite(peak), peak, 0.0))
    total = weight.sum(axis=1, keepdims=True)
    A = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    return np.where(outside, 0.0, A)


def distance(T: int) -> NDArray[np.int64]:
    """`|q - k|` in frames, `[T, T]`.

    >>> distance(3).tolist()
    [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    """
    frames = np.arange(T)
    return np.abs(frames[:, None] - frames[None, :])


def upsample(A: Map, repeat: int) -> Map:
    """A map on a finer grid: each weight repeated in both directions, rows normalised again to what they summed to.

    >>> upsample(np.array([[0.25, 0.75], [0.0, 0.0]]), 2)[[0, 2]].tolist()
    [[0.125, 0.125, 0.375, 0.375], [0.0, 0.0, 0.0, 0.0]]
    """
    fine = A.repeat(repeat, axis=0).repeat(repeat, axis=1)
    total, before = fine.sum(axis=1, keepdims=True), A.sum(axis=1, keepdims=True).repeat(repeat, axis=0)
    return np.divide(fine * before, total, out=np.zeros_like(fine), where=total > 0)


def attending_rows(A: Map) -> int:
    """Number of queries that attend to anything: the count that means over queries divide by.

    >>> attending_rows(np.array([[1.0, 0.0], [0.0, 0.0]]))
    1
    """
    return max(1, int((A.sum(axis=1) > 0).sum()))


def entropy(p: Map) -> float:
    """`H(p) = -sum p ln p` in nats, with `0 ln 0 = 0`.

    >>> round(entropy(np.array([0.5, 0.5, 0.0])), 6)
    0.693147
    """
    positive = p[p > 0]
    return float(-(positive * np.log(positive)).sum())
