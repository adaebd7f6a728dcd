"""How far two scores of the same pieces agree: rank correlation, and the part of it that a third score does not share.

Axes: n output, z piece.
"""

import numpy as np
from scipy.stats import rankdata

from otoscope.typing import AnyFloats, Floats


def rank_correlation(a_z: AnyFloats, b_z: AnyFloats) -> Floats:
    """Return Spearman's correlation `[...]` of two scores `[..., z]`; 0 if one is constant, NaN if one is NaN.

    >>> float(rank_correlation(np.array([1.0, 2.0, 9.0]), np.array([2.0, 4.0, 5.0])))
    1.0
    """
    a_z, b_z = (rankdata(each, axis=-1, nan_policy="propagate") for each in (a_z, b_z))
    a_z, b_z = (each - each.mean(-1, keepdims=True) for each in (a_z, b_z))
    product = np.asarray((a_z * b_z).sum(-1))
    norm = np.sqrt(np.square(a_z).sum(-1) * np.square(b_z).sum(-1))
    return np.divide(product, norm, out=np.where(np.isnan(product), np.nan, 0.0), where=norm > 0)


def partial_correlation(ab: AnyFloats, ac: AnyFloats, bc: AnyFloats) -> Floats:
    """Return the correlation of a and b without what both share with c, from their correlations.

    0 where a or b is a function of c alone.

    >>> round(float(partial_correlation(np.array(0.5), np.array(0.5), np.array(0.5))), 4)
    0.3333
    """
    norm = np.sqrt((1 - np.square(ac)) * (1 - np.square(bc)))
    product = np.asarray(ab - ac * bc)
    return np.divide(product, norm, out=np.where(np.isnan(product), np.nan, 0.0), where=norm > 1e-9)
