"""One row per head of a Dataset: what figures sort, place and colour."""

import pandas as pd
import xarray as xr

from otoscope.results.categories import STATISTIC_OF, ranks
from otoscope.results.schema import HEAD_DIMS


def head_rankings(dataset: xr.Dataset) -> pd.DataFrame:
    """Heads with `layer`, `head`, `category` and, by the statistic of that category, `value`, `low`, `high`, `rank`.

    `rank` counts from 1 in the whole list of that statistic. Heads that a layer lacks are left out.
    """
    heads = dataset[["category", *STATISTIC_OF.values()]].to_dataframe(dim_order=list(HEAD_DIMS)).reset_index()
    for category, statistic in STATISTIC_OF.items():
        here = heads["category"] == category
        bounds = dataset[f"{statistic}_interval"].values.reshape(-1, 2)
        heads.loc[here, "value"] = heads.loc[here, statistic]
        heads.loc[here, "rank"] = ranks(heads[statistic].to_numpy())[here]
        heads.loc[here, "low"], heads.loc[here, "high"] = bounds[here, 0], bounds[here, 1]
    present = heads[heads["category"] != ""]
    return present.astype({"rank": int})[[*HEAD_DIMS, "category", "value", "low", "high", "rank"]]
