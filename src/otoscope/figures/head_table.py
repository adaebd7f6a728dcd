"""A table with one row per head, which figures sort and colour."""

import pandas as pd
import xarray as xr

from otoscope.results.categories import CATEGORY_STATISTIC, competition_ranks
from otoscope.results.schema import HEAD_DIMS


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
