"""How far rankings agree: Spearman's rank correlation of each two."""

import numpy as np

from otoscope.typing import Floats


def spearman(ranks: Floats) -> Floats:
    """Return the correlation `[ranking, ranking]` of ranks `[ranking, layer, head]` of the same heads.

    NaN with a single head, which has no order.

    >>> spearman(np.array([[[1.0, 2.0, 3.0]], [[3.0, 2.0, 1.0]]])).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    flat = ranks.reshape(len(ranks), -1)
    present = flat[:, ~np.isnan(flat).any(axis=0)]
    n_heads = present.shape[1]
    if n_heads < 2:
        return np.full((len(ranks), len(ranks)), np.nan)
    squared_distance = np.square(present[:, None] - present[None]).sum(-1)
    return 1 - 6 * squared_distance / (n_heads * (n_heads**2 - 1))
