"""A table with one row per head, which figures sort and colour, and the place of each head over layers."""

import numpy as np
import pandas as pd
import xarray as xr

from otoscope.results.categories import CATEGORY_STATISTIC, competition_ranks
from otoscope.results.schema import HEAD_DIMS
from otoscope.typing import Floats

LAYER_SHARE = 0.7
"""Share of the width of a layer that its heads fill, on an axis of layers."""


def head_positions(dataset: xr.Dataset) -> Floats:
    """Return the positions `[layer, head]` on an axis of layers; the heads of a layer are next to each other.

    >>> head_positions(xr.Dataset(coords={"layer": [0, 1], "head": [0, 1]})).tolist()
    [[-0.175, 0.175], [0.825, 1.175]]
    """
    across = (np.arange(dataset.sizes["head"]) + 0.5) / dataset.sizes["head"] - 0.5
    positions: Floats = dataset["layer"].values[:, None] + LAYER_SHARE * across
    return positions


def head_rankings(dataset: xr.Dataset) -> pd.DataFrame:
    """Return the heads with `layer`, `head`, `category`, and `value`, `low`, `high`, `rank` by its statistic.

    `rank` counts from 1 over all heads. Heads that a layer does not have are skipped.
    """
    heads = dataset[["category", *CATEGORY_STATISTIC.values()]].to_dataframe(dim_order=list(HEAD_DIMS)).reset_index()
    for category, statistic in CATEGORY_STATISTIC.items():
        here = heads["category"] == category
        bounds = dataset[f"{statistic}_interval"].values.reshape(-1, 2)
        heads.loc[here, "value"] = heads.loc[here, statistic]
        heads.loc[here, "rank"] = competition_ranks(heads[statistic].to_numpy())[here]
        heads.loc[here, "low"], heads.loc[here, "high"] = bounds[here, 0], bounds[here, 1]
    present = heads[heads["category"] != ""]
    return present.astype({"rank": int})[[*HEAD_DIMS, "category", "value", "low", "high", "rank"]]
