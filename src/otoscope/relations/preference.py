"""Relations between phones beside those of uniform attention: which are preferred, which avoided, and what is focused.

Yang, Liu & Lee, Understanding Self-Attention of Self-Supervised Audio Transformers, Interspeech 2020, section 6.

Axes: y query phone, then y key phone; leading axes (heads, bootstrap resamples) are kept.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


def preference(relation: Floats, baseline: Floats) -> Floats:
    """`P = (P' - P_U) / P_U`, both as shares of their sum `[..., Y, Y]`; NaN where P_U is 0.

    P' and P_U of the method sum to 1. Without the query's own run they do not, and what is compared is how the rest of
    the attention is spread.

    Examples:
        >>> preference(np.array([[0.5, 0.25], [0.25, 0.0]]), np.array([[0.25, 0.25], [0.5, 0.0]])).tolist()
        [[1.0, 0.0], [-0.5, nan]]
    """
    return ratio_to_uniform(shares(relation), shares(baseline)) - 1


def concentration(preference: Floats) -> Floats:
    """`C[n] = 1/|Y| sum_m P[m, n]` over the query phones for which it is defined, `[..., Y]`; NaN where for none.

    Examples:
        >>> concentration(np.array([[1.0, -1.0], [0.0, np.nan]])).tolist()
        [0.5, -1.0]
    """
    return mean_of_defined(preference, axis=-2)


def exclude_own_run(relation: Floats, own_run: Floats) -> Floats:
    """Relations `[..., Y, Y]` without the part `[..., Y]` within the query's own run; rows are not normalised again.

    Examples:
        >>> exclude_own_run(np.array([[0.5, 0.1], [0.1, 0.3]]), np.array([0.5, 0.2])).round(3).tolist()
        [[0.0, 0.1], [0.1, 0.1]]
    """
    rest = relation.copy()
    diagonal = np.arange(relation.shape[-1])
    rest[..., diagonal, diagonal] = np.maximum(rest[..., diagonal, diagonal] - own_run, 0)
    return rest


def shares(relation: Floats) -> Floats:
    """Relations `[..., Y, Y]` over their sum; 0 where that is 0."""
    total = relation.sum(axis=(-2, -1), keepdims=True)
    return relation / np.where(total == 0, 1, total)


def ratio_to_uniform(share: Floats, uniform: Floats) -> Floats:
    """`share / uniform`, NaN where uniform attention gives nothing: what never occurs is undefined, not zero."""
    return share / np.where(uniform > 0, uniform, np.nan)


def mean_of_defined(values: Floats, axis: int) -> Floats:
    """Mean along an axis over the values that are not NaN; NaN where all are."""
    defined = ~np.isnan(values)
    total, count = np.where(defined, values, 0).sum(axis=axis), defined.sum(axis=axis)
    return np.divide(total, count, out=np.full(total.shape, np.nan, total.dtype), where=count > 0)
