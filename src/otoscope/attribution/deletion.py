"""Deletion curves: the score of an output as pieces are deleted in the order of an attribution.

A faithful order lets the score fall early (Petsiuk et al. 2018, arXiv 1806.07421; Samek et al. 2017).

Axes: c order, n output, z piece, f fraction.
"""

from collections.abc import Callable

import numpy as np

from otoscope.typing import AnyFloats, Bools, Floats

FRACTIONS = (0.0, 0.1, 0.2, 0.4, 0.7, 1.0)
"""Shares of the pieces that are deleted."""

Amounts = Callable[[Bools], Floats]
"""Receives which pieces are deleted in each run, `[B, z]`, and returns the amount of each output, `[B, n]`."""


def deleted_pieces(scores_z: AnyFloats) -> Bools:
    """Return which pieces are deleted at each fraction, `[..., f, z]`: those of highest scores `[..., z]` first.

    >>> deleted_pieces(np.array([1.0, 3.0, 2.0]))[2].tolist()  # a fifth of three pieces: one
    [False, True, False]
    """
    place_z = np.argsort(np.argsort(-scores_z, axis=-1, kind="stable"), axis=-1)
    count_f = np.round(np.array(FRACTIONS) * scores_z.shape[-1])
    return place_z[..., None, :] < count_f[:, None]


def curve_sums(amounts: Amounts, scores_cnz: AnyFloats) -> Floats:
    """Return the sums over outputs of their amounts at each fraction, `[c, f]`.

    Each set of deleted pieces runs once, however many orders have it.

    Args:
        amounts: runs the model without some pieces.
        scores_cnz: scores of the pieces for each output, by each order.
    """
    deleted = deleted_pieces(scores_cnz)
    orders, outputs, fractions, pieces = deleted.shape
    runs, number = np.unique(deleted.reshape(-1, pieces), axis=0, return_inverse=True)
    amount_rn = amounts(runs)
    own = np.broadcast_to(np.arange(outputs)[:, None], (orders, outputs, fractions))
    return amount_rn[number.reshape(own.shape), own].sum(1)


def shares_left(sum_f: AnyFloats) -> AnyFloats:
    """Return the share of the amount that is left at each fraction: 1 with all pieces, 0 without any.

    >>> shares_left(np.array([0.9, 0.5, 0.1])).round(2).tolist()
    [1.0, 0.5, 0.0]
    """
    none, every = sum_f[..., :1], sum_f[..., -1:]
    return (sum_f - every) / (none - every)


def area(share_f: AnyFloats) -> AnyFloats:
    """Return the area under curves `[..., f]`: the mean share that is left; low for a faithful order."""
    return np.asarray(np.trapezoid(share_f, FRACTIONS, axis=-1))
