"""Every number of a run in rows: one row for each utterance, layer, head and statistic; or for each score."""

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from otoscope.errors import InputError
from otoscope.results.run import Run
from otoscope.results.schema import HEADS

SCORES: Mapping[str, tuple[str, ...]] = {
    "probes": ("score",),
    "ranking": ("score", "rank"),
    "curves": ("score",),
}
"""Kind of a run -> its variables with one number for each row; intervals become the columns `low` and `high`."""
WEIGHTS, VERDICT = "weights", "verdict"
ESTIMATES = (
    "decoder",
    "dynamics",
    "faithfulness",
    "layers",
    "patching",
    "reproduction",
    "segmentation",
    "sinks",
)
"""Kinds of runs of which every variable with an interval is printed."""
NUMBERED = ("layer", "head", "depth", "step", "decoder_layer", "decoder_head", "removal")
"""Dimensions that count; a variable without one leaves it empty."""


def long_table(run: Run) -> pd.DataFrame:
    """Return the numbers of a run, one each row.

    Args:
        run: a run of any kind.

    Returns:
        For a run of analyze: utterance, speaker, layer, head, statistic, value. For other kinds: the dimensions of the
        scores, the scores, and their 95 % intervals (`low`, `high`). For a run of weights: measure, layer, head, the
        other layer and head of similarities and compositions, value. For runs of all other commands: variable, all
        dimensions, value, low, high; for sinks, the verdict of each claim.

    Raises:
        InputError: the run is of another kind.
    """
    if run.kind == HEADS:
        return _utterance_rows(run)
    if run.kind == WEIGHTS:
        return _variable_rows(run)
    if run.kind in ESTIMATES:
        return _estimate_rows(run)
    if run.kind not in SCORES:
        kinds = ", ".join((HEADS, WEIGHTS, *ESTIMATES, *SCORES))
        raise InputError(f"expected a run of {kinds}, found {run.kind} in {run.path}")
    first, *others = SCORES[run.kind]
    variables = {first: run.dataset[first], **{name: run.dataset[name] for name in others}}
    if f"{first}_interval" in run.dataset:
        ends = run.dataset[f"{first}_interval"]
        variables |= {end: ends.sel(bound=end, drop=True) for end in ("low", "high")}
    dims = list(run.dataset[first].dims)
    frame = pd.concat({name: variable.to_series() for name, variable in variables.items()}, axis=1)
    return frame.dropna(subset=[first]).reset_index()[[*map(str, dims), *variables]]


def _variable_rows(run: Run) -> pd.DataFrame:
    """Return a row for each number of each variable; a dimension that a variable lacks is empty."""
    names = sorted(map(str, run.dataset.data_vars))
    frames = {name: run.dataset[name].to_series().dropna().rename("value").reset_index() for name in names}
    frame = pd.concat(frames, names=["measure"]).reset_index(level="measure").reset_index(drop=True)
    dims = [dim for dim in map(str, run.dataset.dims) if dim in frame]
    return frame.astype(dict.fromkeys(dims, "Int64"))[["measure", *dims, "value"]]


def _estimate_rows(run: Run) -> pd.DataFrame:
    """Return a row for each value of each variable with an interval; a dimension that a variable lacks is empty."""
    dataset = run.dataset
    names = [name for name in sorted(map(str, dataset.data_vars)) if f"{name}_interval" in dataset]
    frames = {name: _with_ends(dataset[name], dataset[f"{name}_interval"]) for name in names}
    frame = pd.concat(frames, names=["variable"]).reset_index(level="variable").reset_index(drop=True)
    dims = [dim for dim in map(str, dataset.dims) if dim in frame]
    columns = ["variable", *dims, "value", "low", "high"]
    if VERDICT in dataset:
        frame[VERDICT] = frame[dataset[VERDICT].dims[0]].map(dataset[VERDICT].to_series())
        columns.append(VERDICT)
    return frame.astype({dim: "Int64" for dim in NUMBERED if dim in frame})[columns]


def _with_ends(values: xr.DataArray, ends: xr.DataArray) -> pd.DataFrame:
    columns = {"value": values, **{end: ends.sel(bound=end, drop=True) for end in ("low", "high")}}
    frame = pd.concat({name: column.to_series() for name, column in columns.items()}, axis=1)
    return frame.dropna(subset=["value"]).reset_index()


def _utterance_rows(run: Run) -> pd.DataFrame:
    dataset = run.dataset
    names = [name for name in dataset.attrs["statistics"] if f"{name}_rows" in dataset]
    dims = ["utterance", "layer", "head"]
    parts = {name: dataset[f"{name}_rows"].transpose(*dims).to_series().dropna() for name in names}
    frame = pd.concat(parts, names=["statistic"]).rename("value").reset_index()
    frame.insert(1, "speaker", frame["utterance"].map(run.utterances["speaker"]))
    return frame[["utterance", "speaker", "layer", "head", "statistic", "value"]]
