"""Probes in words. Knows no torch."""

import xarray as xr

from otoscope.results.rounding import with_half_width
from otoscope.results.text_table import aligned


def probe_table(dataset: xr.Dataset) -> str:
    """Score of each probe with the half-width of its interval, beside its controls."""
    readers = [str(reader) for reader in dataset["reader"].values]
    rows = [
        [str(probe), str(dataset["metric"].sel(probe=probe).item())]
        + [_shown(dataset.sel(probe=probe, reader=reader)) for reader in readers]
        for probe in dataset["probe"].values
    ]
    return aligned(("probe", "metric", *readers), rows)


def _shown(one: xr.Dataset) -> str:
    low, high = one["score_interval"].values
    return with_half_width(one["score"].item(), (high - low) / 2, 3) if one["score"].notnull() else ""
