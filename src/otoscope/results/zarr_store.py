"""Datasets as zarr stores, a file for each chunk of a variable in the variable's own folder."""

from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import xarray as xr

from otoscope._io.row_file import RowFile
from otoscope.statistics.clusters import BLOCK_ROWS, row_blocks
from otoscope.typing import AnyFloats

CHUNK_KEYS: Final[Any] = {"name": "default", "separator": "."}
"""Chunks lie side by side: `c.0.1`, not `c/0/1`, which is a folder for every dimension of every variable."""


def write_variables(dataset: xr.Dataset, store: Path) -> None:
    """Write a dataset to a new store, in zarr's format 3; of variables in files, a block at a time is in memory.

    Such a variable is first written as NaN alone, of which zarr stores no chunk, with its attributes and coordinates.
    """
    in_files = {
        name: rows
        for name, variable in dataset.data_vars.items()
        if isinstance(rows := variable.variable.data, RowFile)
    }
    encoding: dict[Any, dict[str, Any]] = {name: {"chunk_key_encoding": CHUNK_KEYS} for name in dataset.variables}
    for name, rows in in_files.items():
        encoding[name]["chunks"] = (min(BLOCK_ROWS, len(rows)), *rows.shape[1:])
    undefined = {
        name: dataset[name].variable.copy(data=np.broadcast_to(np.nan, rows.shape)) for name, rows in in_files.items()
    }
    from otoscope.results.zarr_files import zarr_files  # late, since zarr loads slowly

    files = zarr_files(store)
    dataset.assign(undefined).to_zarr(files, mode="w-", zarr_format=3, consolidated=False, encoding=encoding)
    for name, rows in in_files.items():
        _write_rows(files, str(name), rows)


def _write_rows(files: Any, name: str, rows: RowFile) -> None:
    import zarr  # late, since it loads slowly

    array: Any = zarr.open_group(files, mode="r+")[name]
    for start, block in row_blocks(cast(AnyFloats, rows)):
        array[start : start + len(block)] = block
