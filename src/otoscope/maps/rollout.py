"""Compute attention rollout: how much of each input frame reaches each frame of a layer through attention alone.

`R_l = rownorm(A_l + I) R_{l-1}`, `R_{-1} = I`. `A_l` is the mean of a layer's heads, the identity represents the
residual connection (Abnar and Zuidema 2020, arXiv 2005.00928).

Axes: l layer, h head, q query, k key.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from otoscope.typing import Floats


def rollout(layers: Iterable[npt.ArrayLike]) -> Floats:
    """Return the rollout after each layer.

    Args:
        layers: maps `[H, T, T]` (query, key) of each layer, in order from the input; heads that a layer lacks are NaN.
            A layer without heads returns its input.

    Returns:
        `[L, T, T]` (frame of the layer, frame of the input); rows sum to one.

    Examples:
        >>> rollout([[[[1.0, 0.0], [1.0, 0.0]]]]).tolist()  # one layer, one head, both frames attend to the first
        [[[1.0, 0.0], [0.5, 0.5]]]
    """
    rollouts: list[Floats] = []
    for maps in layers:
        mixing_qk = mixing_matrix(np.asarray(maps, np.float64))
        rollouts.append(mixing_qk @ rollouts[-1] if rollouts else mixing_qk)
    return np.stack(rollouts)


def mixing_matrix(attn_hqk: Floats) -> Floats:
    """Return one layer's `rownorm(A + I)`, `[T, T]`."""
    heads = attn_hqk[~np.isnan(attn_hqk).all(axis=(1, 2))]
    residual_qk = np.eye(attn_hqk.shape[-1])
    sum_qk = residual_qk + heads.mean(axis=0) if len(heads) else residual_qk
    return sum_qk / sum_qk.sum(axis=1, keepdims=True)
