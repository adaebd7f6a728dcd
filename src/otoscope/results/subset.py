"""The results of a run for some of its utterances: means, intervals and categories computed again from their rows.

What a run sums over utterances (offset profiles, relations between phones) is not stored by utterance, and omitted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import xarray as xr

from otoscope.results.assemble import Measurements, assemble
from otoscope.results.schema import SPEAKER_COORDINATES
from otoscope.statistics.clusters import make_clusters, utterance_of
from otoscope.typing import Bools

ATTRIBUTES = ("model", "corpus", "synthetic", "not_measured", "window", "window_overlap")


@dataclass(frozen=True)
class StoredStatistic:
    """Name, description and units of a statistic with one number per head, as a run stores them."""

    name: str
    doc: str
    units: str
    dims: tuple[str, ...] = ()
    coords: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: xr.Dataset, name: str) -> "StoredStatistic":
        """Return the statistic of a name in the Dataset of a run."""
        array = dataset[name]
        dims = tuple(str(dim) for dim in array.dims[2:])
        coords = {dim: dataset[dim].values for dim in dims}
        return cls(name, array.attrs["description"], array.attrs["units"], dims, coords)


def subset(dataset: xr.Dataset, chosen: Bools, condition: str) -> xr.Dataset:
    """Return the Dataset of some utterances.

    Args:
        dataset: results of analyze.
        chosen: which utterances, `[utterance]`; at least one.
        condition: what chose them, for readers.
    """
    part = dataset.isel(utterance=chosen.nonzero()[0])
    scalars = [name for name in dataset.attrs["statistics"] if f"{name}_rows" in dataset]
    described = [StoredStatistic.of(dataset, name) for name in scalars]
    columns = [name for name in ("frames", "duration", "speaker", *SPEAKER_COORDINATES) if name in dataset.coords]
    ids = [str(id) for id in part["utterance"].values]
    table = pd.DataFrame({name: part[name].values for name in columns}, index=pd.Index(ids, name="utterance"))
    clusters = make_clusters(table["speaker"], list(map(utterance_of, ids)))
    rows = {name: part[f"{name}_rows"].values for name in scalars}
    about = {name: dataset.attrs[name] for name in ATTRIBUTES if name in dataset.attrs} | {"where": condition}
    period = dataset.attrs["frame_period"]
    return assemble(Measurements(described, rows, clusters), table, frame_period=period, attributes=about)
