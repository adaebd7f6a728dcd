"""Attention maps of a small model whose layers differ in their number of heads."""

import numpy as np


def example_maps() -> np.ndarray:
    """Return maps `[L, H, T, T]` of 3 layers of 4 heads and 17 frames; the second layer has one head less."""
    maps = np.random.default_rng(0).dirichlet(np.ones(17) / 3, size=(3, 4, 17))
    maps[1, -1] = np.nan
    return maps
