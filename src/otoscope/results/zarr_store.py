"""Datasets as zarr stores, a file for each chunk of a variable in the variable's own folder."""

from pathlib import Path
from typing import Any, Final

import xarray as xr

CHUNK_KEYS: Final[Any] = {"name": "default", "separator": "."}
"""Chunks lie side by side: `c.0.1`, not `c/0/1`, which is a folder for every dimension of every variable."""


def write_variables(dataset: xr.Dataset, store: Path) -> None:
    """Write a dataset to a new store, in zarr's format 3."""
    encoding = {name: {"chunk_key_encoding": CHUNK_KEYS} for name in dataset.variables}
    dataset.to_zarr(store, mode="w-", zarr_format=3, consolidated=False, encoding=encoding)
