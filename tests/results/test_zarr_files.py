"""The store of files gives the bytes of zarr's own, and is missing, damaged or read-only as that is."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from otoscope.results.zarr_files import FileBuffers, zarr_files

DATASET = xr.Dataset(
    {"value": (("row", "column"), np.arange(12.0).reshape(3, 4), {"units": "1"}), "missing": ("row", [np.nan] * 3)},
    coords={"row": np.array(["a", "ß", "c"], object)},
    attrs={"kind": "heads"},
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    DATASET.to_zarr(zarr_files(tmp_path / "store"), mode="w-", zarr_format=3, consolidated=False)
    return tmp_path / "store"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_files_are_those_of_zarr(store, tmp_path):
    DATASET.to_zarr(tmp_path / "own", mode="w-", zarr_format=3, consolidated=False)
    assert contents(store) == contents(tmp_path / "own")
    assert xr.open_zarr(zarr_files(store, read_only=True), consolidated=False).load().identical(DATASET)


def test_a_chunk_can_be_written_and_removed_later(store):
    array = zarr.open_group(zarr_files(store), mode="r+")["missing"]
    array[:] = 1.0
    assert xr.open_zarr(store, consolidated=False)["missing"].values.tolist() == [1.0] * 3
    array[:] = np.nan  # the fill value, of which zarr stores no chunk
    assert "missing/c/0" not in FileBuffers(store)
    assert xr.open_zarr(store, consolidated=False)["missing"].isnull().all()


def test_a_folder_that_is_missing_or_read_only_is_reported(store, tmp_path):
    with pytest.raises(FileNotFoundError):
        zarr.open_group(zarr_files(tmp_path / "nothing", read_only=True), mode="r")
    with pytest.raises(ValueError, match="read-only"):
        zarr.open_group(zarr_files(store, read_only=True), mode="r")["missing"][:] = 1.0
    with pytest.raises(KeyError):
        del FileBuffers(store)["nothing"]
