"""Opening a finished run: its Dataset, one row per head, its utterances and its stored maps."""

import json
import os
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from otoscope.errors import InputError
from otoscope.results.conditions import fulfils
from otoscope.results.folder import SKIPPED
from otoscope.results.head_columns import COLUMN_MEANINGS, rank_columns, shape_columns
from otoscope.results.integrity import verify_size
from otoscope.results.record import read_record
from otoscope.results.schema import COORDINATES, HEAD_DIMS, HEADS, SPEAKER_COORDINATES, run_kind, validate_dataset
from otoscope.results.stored_map import SIZES
from otoscope.results.subset import subset

MEASURED = ("globalness", "verticality", "diagonality", "weight")
FIRST_COLUMNS = (*HEAD_DIMS, *MEASURED, "category", "category_agreement", "shape", "shape_offset_ms")
OFFSET_PEAK = (
    "where the mean signed offset profile, which reaches {reach} frames to each side, is highest, in ms "
    "(negative: attends to what came before)"
)
OFFSET_PEAK_COLUMN = "offset_peak_ms"
INTERVAL_ENDS = ("low", "high")


def open_run(path: str | os.PathLike[str]) -> "Run":
    """Open a finished run folder.

    Arrays are read when they are used.

    Args:
        path: a run folder that otoscope wrote.

    Returns:
        The run: its Dataset, one row per head, its utterances and its stored maps.

    Raises:
        InputError: the folder is not a run, the run is unfinished, damaged or incomplete, a newer version of otoscope
            wrote it, or the user may not read it.

    Examples:
        >>> open_run("no-such-run")
        Traceback (most recent call last):
        otoscope.errors.InputError: expected a run folder of otoscope (with run.json) at no-such-run, found none
    """
    folder = Path(path)
    record = read_record(folder)
    if not record["finished"]:
        raise InputError(f"the run at {folder} is unfinished; repeat the command that began it with --resume")
    verify_size(folder, record.get("holds", {}))
    run = Run(folder, record["plan"])
    try:
        validate_dataset(run.dataset)
    except InputError as error:
        raise InputError(f"{folder}: {error}") from None
    return run


class Run:
    """A finished run folder; `open_run` returns one.

    Attributes:
        path: the folder.
        plan: the configuration that decided the numbers: model, corpus, options, fingerprints and versions.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope import SpeechOptions, analyze
        >>> with TemporaryDirectory() as folder:
        ...     run = analyze("bundled", "bundled", folder, options=SpeechOptions(limit=2))
        ...     run.dataset.globalness.sizes["layer"], len(run.heads), len(run.utterances)
        (6, 48, 2)
    """

    def __init__(self, path: Path, plan: dict[str, Any]) -> None:
        """Read nothing yet from the folder `path`, whose run.json holds `plan`."""
        self.path = path
        self.plan = plan

    def __repr__(self) -> str:
        """Return the path of the run and how much was measured."""
        if self.kind != HEADS:
            return f"<Run {self.path}: {self.kind}>"
        sizes = self.dataset.sizes
        return f"<Run {self.path}: {sizes['utterance']} utterances, {len(self.heads)} heads in {sizes['layer']} layers>"

    @cached_property
    def dataset(self) -> xr.Dataset:
        """Every result with named dimensions, units and descriptions (see `otoscope.results.schema`)."""
        return _open_zarr(self.path / "results.zarr")

    @property
    def kind(self) -> str:
        """What the run holds: `heads` where `analyze` wrote it."""
        return run_kind(self.dataset)

    @property
    def part(self) -> str:
        """Which heads layers and heads of the run name: of the `encoder`, or of the decoder, `self` or `cross`."""
        return str(self.dataset.attrs.get("part", "encoder"))

    @cached_property
    def heads(self) -> pd.DataFrame:
        """One row per head, in order of layer and head; `columns` says what each column means.

        Raises:
            InputError: the run is of another kind.
        """
        if self.kind != HEADS:
            raise InputError(f"expected a run that analyze wrote, {self.path} holds {self.kind}; run otoscope analyze")
        return _heads(self.dataset)

    def where(self, condition: str) -> "Run":
        """Return the run of some utterances: its means, intervals and categories are those of these utterances.

        Args:
            condition: comparisons of columns of `utterances` with values, `gender=f` or `age>=18,gender=f`.

        Returns:
            A run with the same folder; without what is not stored by utterance: offset profiles and relations.

        Raises:
            InputError: the run is of another kind, or no utterance fulfils the condition.
        """
        if self.kind != HEADS:
            raise InputError(f"expected a run that analyze wrote, found {self.kind} in {self.path}; omit --where")
        if not (chosen := fulfils(self.utterances, condition)).any():
            raise InputError(f"expected utterances with {condition}, found none; choose another --where")
        part = Run(self.path, self.plan)
        part.dataset = subset(self.dataset, chosen, condition)
        return part

    @cached_property
    def columns(self) -> dict[str, str]:
        """Column of `heads` -> unit and meaning."""
        meanings = _meanings(self.dataset)
        return {str(name): meanings[str(name)] for name in self.heads}

    @cached_property
    def utterances(self) -> pd.DataFrame:
        """Utterances that were measured: id as index; frames, duration (s), speaker and its metadata."""
        names = [name for name in ("frames", "duration", "speaker", *SPEAKER_COORDINATES) if name in self.dataset]
        index = pd.Index(self.dataset.utterance.values.astype(object), name="utterance")
        return pd.DataFrame({name: self.dataset[name].values for name in names}, index=index)

    @cached_property
    def skipped(self) -> pd.DataFrame:
        """What was skipped, one row each: id, reason, and part (utterance, labels of an utterance, or file).

        Raises:
            InputError: `skipped.json` is missing or damaged.
        """
        file = self.path / "skipped.json"
        try:
            return pd.DataFrame(json.loads(file.read_text(encoding="utf-8")), columns=list(SKIPPED))
        except (FileNotFoundError, ValueError) as error:
            raise _damaged(file, error) from None

    @cached_property
    def maps(self) -> list[str]:
        """Ids of the utterances whose maps are stored: the run's own example, then those asked for, by the corpus."""
        return list(self._map_folders)

    def map(self, utterance: str) -> xr.Dataset:
        """Stored attention of one utterance.

        Returns:
            `attention` (layer, head, query, key), rounded to half precision, and its `overview`; `phone_symbol`,
            `phone_start`, `phone_end` (phone), seconds, and the same of `word`; attributes `utterance`, `audio`,
            `frame_period` (seconds).

        Raises:
            InputError: no map of this utterance was stored, or it is damaged.
        """
        folder = self.map_folder(utterance)
        dataset = _open_zarr(folder)
        verify_size(folder, dataset.attrs.pop(SIZES, {}))
        return dataset.assign_coords({dim: np.arange(dataset.sizes[dim]) for dim in HEAD_DIMS})

    def map_folder(self, utterance: str) -> Path:
        """Return the folder with the maps of one utterance.

        Raises:
            InputError: no map of this utterance was stored.
        """
        if utterance not in self._map_folders:
            stored = ", ".join(self.maps) or "none"
            raise InputError(
                f"no attention map of utterance {utterance!r} in {self.path}; maps are stored of: {stored}"
            )
        return self._map_folders[utterance]

    @cached_property
    def _map_folders(self) -> dict[str, Path]:
        groups = {folder: _attributes(folder) for folder in (self.path / "maps.zarr").glob("[0-9]*")}
        ordered = sorted(groups, key=lambda folder: ("on_request" in groups[folder], int(folder.name)))
        return {str(groups[folder]["utterance"]): folder for folder in ordered}


def _attributes(group: Path) -> dict[str, Any]:
    import zarr  # late, since it loads slowly

    from otoscope.results.zarr_files import zarr_files

    try:
        attributes = zarr.open_group(zarr_files(group, read_only=True), mode="r").attrs.asdict()
        _ = attributes["utterance"]
    except (FileNotFoundError, KeyError, ValueError) as error:
        raise _damaged(group, error) from None
    return attributes


def _open_zarr(path: Path) -> xr.Dataset:
    from otoscope.results.zarr_files import zarr_files  # late, since zarr loads slowly

    try:
        return xr.open_zarr(zarr_files(path, read_only=True), chunks=None, consolidated=False)
    except (FileNotFoundError, KeyError, ValueError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} is missing or damaged ({error}); copy it again or make it again")


def _heads(dataset: xr.Dataset) -> pd.DataFrame:
    scalars = [name for name in dataset.attrs["statistics"] if dataset[name].dims == HEAD_DIMS]
    named = ["operations"] if "operations" in dataset else []
    arrays = dataset[["category", "category_agreement", *scalars, *named]].load()
    derived = _offset_peak(dataset) | rank_columns(dataset) | shape_columns(dataset)
    frame = arrays.assign(derived).to_dataframe(dim_order=list(HEAD_DIMS)).reset_index()
    for name in scalars:
        low_high = dataset[f"{name}_interval"].values.reshape(-1, 2)
        frame[f"{name}_low"], frame[f"{name}_high"] = low_high.T
    first = [name for name in FIRST_COLUMNS if name in frame]
    interval_columns = [f"{name}_{end}" for name in scalars for end in INTERVAL_ENDS]
    others = [name for name in frame if name not in (*first, *interval_columns)]
    return frame[[*first, *others, *interval_columns]][frame["category"] != ""].reset_index(drop=True)


def _offset_peak(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    if "offset_profile" not in dataset:
        return {}
    frames = dataset.offset_profile.fillna(0).idxmax("offset")
    return {OFFSET_PEAK_COLUMN: frames * dataset.attrs["frame_period"] * 1000}


def _meanings(dataset: xr.Dataset) -> dict[str, str]:
    """Return the meaning of every column that a table of heads can have."""
    meanings = {str(name): _meaning(dataset[name]) for name in (*COORDINATES, *dataset) if name in dataset.variables}
    if "offset" in dataset:
        meanings[OFFSET_PEAK_COLUMN] = OFFSET_PEAK.format(reach=int(dataset["offset"].max()))
    for name in dataset.attrs["statistics"]:
        if f"{name}_interval" in dataset:
            interval = _meaning(dataset[f"{name}_interval"])
            meanings |= {f"{name}_{end}": f"{end} end of the {interval}" for end in INTERVAL_ENDS}
    return meanings | COLUMN_MEANINGS


def _meaning(variable: xr.DataArray) -> str:
    """Return the description and the unit of a variable."""
    unit = "" if variable.attrs["units"] == "1" else f" ({variable.attrs['units']})"
    return f"{variable.attrs['description']}{unit}"
