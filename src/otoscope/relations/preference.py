"""Relations between phones compared with those of uniform attention: preference and concentration.

Yang, Liu & Lee, Understanding Self-Attention of Self-Supervised Audio Transformers, Interspeech 2020, section 6.

Axes: y query phone, then y key phone; functions keep leading axes (heads, replicates).
"""

import numpy as np

from otoscope.typing import AnyFloats


def preference(relation: AnyFloats, baseline: AnyFloats) -> AnyFloats:
    """Compute the preference `P = (P' - P_U) / P_U` of Yang, Liu & Lee (2020), section 6.

    Both are divided by their sums first, because without the query's own run they no longer sum to 1.

    Args:
        relation: relations P' of heads, `[..., Y, Y]`.
        baseline: relations P_U of uniform attention, `[..., Y, Y]`.

    Returns:
        Preferences `[..., Y, Y]`; NaN where P_U is 0.

    Examples:
        >>> preference(np.array([[0.5, 0.25], [0.25, 0.0]]), np.array([[0.25, 0.25], [0.5, 0.0]])).tolist()
        [[1.0, 0.0], [-0.5, nan]]
    """
    return ratio_to_uniform(shares(relation), shares(baseline)) - 1


def concentration(preference: AnyFloats) -> AnyFloats:
    """Compute the concentration `C[n] = 1/|Y| sum_m P[m, n]` of Yang, Liu & Lee (2020), section 6.

    Args:
        preference: preferences P `[..., Y, Y]` (query, key).

    Returns:
        Mean over the query phones with a defined preference, `[..., Y]`; NaN if no preference is defined.

    Examples:
        >>> concentration(np.array([[1.0, -1.0], [0.0, np.nan]])).tolist()
        [0.5, -1.0]
    """
    return mean_of_defined(preference, axis=-2)


def exclude_own_run(relation: AnyFloats, own_run: AnyFloats) -> AnyFloats:
    """Subtract the part within the query's own run from relations; the result is not normalised again.

    Args:
        relation: relations `[..., Y, Y]` (query, key).
        own_run: the part within the query's own run, `[..., Y]`.

    Returns:
        Relations `[..., Y, Y]`.

    Examples:
        >>> exclude_own_run(np.array([[0.5, 0.1], [0.1, 0.3]]), np.array([0.5, 0.2])).round(3).tolist()
        [[0.0, 0.1], [0.1, 0.1]]
    """
    elsewhere = relation.copy()
    diagonal = np.arange(relation.shape[-1])
    elsewhere[..., diagonal, diagonal] = np.maximum(elsewhere[..., diagonal, diagonal] - own_run, 0)
    return elsewhere


def shares(relation: AnyFloats) -> AnyFloats:
    """Divide relations `[..., Y, Y]` by their sum; return 0 if the sum is 0."""
    total = relation.sum(axis=(-2, -1), keepdims=True)
    return relation / np.where(total == 0, 1, total)


def ratio_to_uniform(share: AnyFloats, uniform: AnyFloats) -> AnyFloats:
    """Return `share / uniform`; NaN where `uniform` is 0, because a pair that never occurs is undefined."""
    return share / np.where(uniform > 0, uniform, np.nan)


def mean_of_defined(values: AnyFloats, axis: int) -> AnyFloats:
    """Return the mean along an axis over the values that are not NaN; NaN if all are."""
    defined = ~np.isnan(values)
    total, count = np.where(defined, values, 0).sum(axis=axis), defined.sum(axis=axis)
    return np.divide(total, count, out=np.full(total.shape, np.nan, total.dtype), where=count > 0)
