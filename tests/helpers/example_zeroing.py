"""Random scores of value zeroing, for the stored map of an utterance."""

import numpy as np
import xarray as xr


def zeroing_of(attention: xr.Dataset, seed: int = 0) -> xr.Dataset:
    """Scores of seven spans in each layer, with a frame between the second and the third that is of none."""
    layers, frames = attention.sizes["layer"], attention.sizes["query"]
    edges = np.linspace(0, frames, 8).astype(int)
    starts = edges[:-1] + np.array([0, 0, 1, 0, 0, 0, 0])
    scores = np.random.default_rng(seed).dirichlet(np.ones(7) / 2, size=(layers, frames))
    return xr.Dataset(
        {
            "value_zeroing": (("layer", "query", "span"), scores),
            "span_start": ("span", starts),
            "span_stop": ("span", edges[1:]),
        }
    )
