"""Attention rollout: how much of each frame of the input reaches each frame after each layer, through attention alone.

`R_l = rownorm(A_l + I) R_{l-1}`, `R_{-1} = I`, `A_l` the mean of a layer's heads; the identity stands for the residual
connection (Abnar and Zuidema 2020, arXiv 2005.00928). Axes: l layer, h head, q query, k key.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


def rollout(layers: Iterable[npt.ArrayLike]) -> npt.NDArray[np.float64]:
    """Rollout after each layer, `[L, T, T]` (frame of the layer, frame of the input), rows sum to one.

    Args:
        layers: maps `[H, T, T]` of each layer, from the first; heads that a layer lacks are NaN. A layer without any
            head passes on what it got.

    Examples:
        >>> rollout([[[[1.0, 0.0], [1.0, 0.0]]]]).tolist()  # one layer, one head, both frames attend to the first
        [[[1.0, 0.0], [0.5, 0.5]]]
    """
    reached: list[Floats] = []
    for maps in layers:
        mixed = mixing(np.asarray(maps, np.float64))
        reached.append(mixed @ reached[-1] if reached else mixed)
    return np.stack(reached)


def mixing(attn_hqk: Floats) -> Floats:
    """One layer's `rownorm(A + I)`, `[T, T]`."""
    heads = attn_hqk[~np.isnan(attn_hqk).all(axis=(1, 2))]
    stays = np.eye(attn_hqk.shape[-1])
    both = stays + heads.mean(axis=0) if len(heads) else stays
    return both / both.sum(axis=1, keepdims=True)
