"""How heads form over the steps of a training, as the page shows it.

Axes: s step, l layer, h head, q query block, k key block.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from otoscope.maps.pooling import block_means
from otoscope.results import Run
from otoscope.results.categories import CATEGORIES
from otoscope.results.shapes import SHAPES
from otoscope.viewer.errors import NotFoundError
from otoscope.viewer.quantise import Bytes, encode

DYNAMICS = "dynamics"
"""Kind of the runs."""
STATISTICS = ("normalised_entropy", "verticality", "diagonality", "globalness", "weight")
NO_HEAD = 255
BLOCKS = 48
"""Blocks of frames along each side of a map, at most."""


def formation(run: Run) -> dict[str, NDArray[Any]]:
    """Return steps, statistics `[s, l, h]`, and the places of categories and shapes among their names.

    Raises:
        NotFoundError: the run is of another kind.
    """
    if run.kind != DYNAMICS:
        raise NotFoundError(run.kind)
    dataset = run.dataset
    statistics = {name: dataset[name].values.astype(np.float32) for name in STATISTICS if name in dataset}
    return {
        "step": dataset["step"].values.astype(np.int32),
        "category": _places(dataset["category"].values, CATEGORIES),
        "shape": _places(dataset["shape"].values, SHAPES),
        **statistics,
    }


def step_overview(run: Run, step: int) -> tuple[Bytes, float]:
    """Return the maps of all heads at a step by its number, `[l, h, q, k]`, and the frames of their utterance.

    Raises:
        NotFoundError: the run is of another kind, or has no such step.
    """
    if run.kind != DYNAMICS or not 0 <= step < run.dataset.sizes["step"]:
        raise NotFoundError(step)
    overview_lhqk = run.dataset["overview"].isel(step=step).values
    frames = 1 / float(np.nanmean(overview_lhqk.astype(np.float64)))  # rows of a map sum to one
    blocks = [[block_means(each, BLOCKS) for each in by_head] for by_head in overview_lhqk.astype(np.float32)]
    return encode(np.array(blocks)), frames


def _places(names: NDArray[Any], order: Sequence[str]) -> Bytes:
    places = np.full(names.shape, NO_HEAD, np.uint8)
    for place, name in enumerate(order):
        places[names == name] = place
    return places
