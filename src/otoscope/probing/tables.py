"""Probes in words. Knows no torch."""

import xarray as xr

from otoscope.results.rounding import format_with_error
from otoscope.results.table import intervals_line
from otoscope.results.text_table import format_table


def probe_table(dataset: xr.Dataset) -> str:
    """Return a table: the score of each probe with the half-width of its interval, and its controls."""
    readers = [str(reader) for reader in dataset["reader"].values]
    rows = [
        [str(probe), str(dataset["metric"].sel(probe=probe).item())]
        + [_shown(dataset.sel(probe=probe, reader=reader)) for reader in readers]
        for probe in dataset["probe"].values
    ]
    return f"{format_table(('probe', 'metric', *readers), rows)}\n{intervals_line(dataset.attrs['clusters'])} and seeds"


def _shown(selection: xr.Dataset) -> str:
    low, high = selection["score_interval"].values
    return format_with_error(selection["score"].item(), (high - low) / 2, 3) if selection["score"].notnull() else ""
