"""What can be compared in each kind of run, as `RunValues`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from otoscope.comparison.values import RunValues
from otoscope.errors import InputError
from otoscope.results import Run
from otoscope.results.head_columns import RELATIVE_FORM
from otoscope.results.schema import HEAD_DIMS, HEADS
from otoscope.segmentation.comparison import MEASURES, scores_of
from otoscope.typing import AnyFloats, Ints

LENGTH_FREE = (*RELATIVE_FORM.values(), "weight")
"""Statistics that are compared by default: an utterance's length does not decide them."""
CURVES = ("area", "span_area", "ablation_area", "score")
PATCH_EFFECTS = ("group_effect", "effect", "exact_effect", "phone_effect", "frame_effect")


def read_values(run: Run, by: Sequence[str], level: str) -> RunValues:
    """Return what a run measured.

    Args:
        run: a run of analyze, rank, probe, layers, prune, segment or patch.
        by: names of what is compared; empty for the default of the kind.
        level: `head`, `layer` or `model`, for statistics of heads.

    Raises:
        InputError: the kind cannot be compared, or has no value of such a name.
    """
    if run.kind not in READERS:
        commands = "analyze, rank, probe, layers, prune, segment or patch"
        raise InputError(f"expected a run of {commands}, found {run.kind} in {run.path}")
    return READERS[run.kind](run, by, level)


def _heads(run: Run, by: Sequence[str], level: str) -> RunValues:
    dataset = run.dataset
    scalars = [name for name in dataset.attrs["statistics"] if f"{name}_rows" in dataset]
    names = _chosen(by, scalars, [name for name in LENGTH_FREE if name in scalars], run)
    rows = [dataset[f"{name}_rows"].transpose("utterance", *HEAD_DIMS) for name in names]
    frames = [_level_rows(row, level, {"statistic": name}) for row, name in zip(rows, names, strict=True)]
    return _means(run, frames)


def _rankings(run: Run, by: Sequence[str], level: str) -> RunValues:
    """Return the scores of rankings; those that are no means over utterances have no interval."""
    dataset = run.dataset
    present = [str(name) for name in dataset["ranking"].values]
    by_model = [name for name in present if not dataset["is_control"].sel(ranking=name)]
    names = _chosen(by, present, by_model, run)
    frames, has_rows = [], []
    for name in names:
        selection = dataset.sel(ranking=name)
        is_mean = bool(selection["score_rows"].notnull().any())
        rows = selection["score_rows"] if is_mean else selection["score"].expand_dims(utterance=dataset["utterance"])
        labels = {"ranking": name, "loss": str(selection["loss_name"].item())}
        frames.append(_level_rows(rows.transpose("utterance", *HEAD_DIMS), level, labels))
        has_rows.append(np.full(len(frames[-1][0]), is_mean))
    means = _means(run, frames)
    return replace(means, counts=means.counts & np.concatenate(has_rows))


def _means(run: Run, frames: Sequence[tuple[pd.DataFrame, AnyFloats]]) -> RunValues:
    """Return means over the utterances that have a value, from keys and values `[u, v]`."""
    keys = pd.concat([keys for keys, _ in frames], ignore_index=True)
    values_uv = np.concatenate([values for _, values in frames], axis=1)
    defined = ~np.isnan(values_uv)
    sums = (np.where(defined, values_uv, 0.0), defined.astype(float))
    return RunValues(keys, run.utterances, sums, lambda total, count: total / count, defined)


def _level_rows(rows_ulh: xr.DataArray, level: str, labels: Mapping[str, str]) -> tuple[pd.DataFrame, AnyFloats]:
    """Return the keys and the values `[u, v]` of one quantity: of each head, or means over a layer or the model."""
    dims = {"head": HEAD_DIMS, "layer": HEAD_DIMS[:1], "model": ()}[level]
    means = rows_ulh.mean([dim for dim in HEAD_DIMS if dim not in dims], skipna=True)
    index = pd.MultiIndex.from_product([means[dim].values for dim in dims], names=dims) if dims else None
    keys = index.to_frame(index=False) if index is not None else pd.DataFrame(index=[0])
    values = means.values.reshape(len(rows_ulh), -1).astype(float)
    present = ~np.isnan(values).all(axis=0)  # layers may have different numbers of heads
    return keys[present].assign(**labels), values[:, present]


def _probes(run: Run, by: Sequence[str], level: str) -> RunValues:
    return _scores(run, by, ("probe", "reader"))


def _layers(run: Run, by: Sequence[str], level: str) -> RunValues:
    return _scores(run, by, ("probe", "depth", "reader"))


def _scores(run: Run, by: Sequence[str], labels: Sequence[str]) -> RunValues:
    """Return the scores of probes, one for each combination of labels, of which the first is the probe."""
    dataset = run.dataset
    probes = [str(name) for name in dataset["probe"].values] if "probe" in dataset else []
    chosen = dataset.sel(probe=_chosen(by, probes, probes, run))
    total = chosen["total"].transpose("utterance", *labels, "seed")
    keys = pd.MultiIndex.from_product([chosen[name].values for name in labels], names=list(labels))
    total_uvs = total.values.reshape(len(total), -1, total.sizes["seed"])
    times = total_uvs.shape[1] // total.sizes["probe"]
    count_uv = np.repeat(chosen["count"].transpose("utterance", "probe").values, times, axis=1)
    sums = (total_uvs, count_uv.astype(float))
    return RunValues(keys.to_frame(index=False), run.utterances, sums, _per_seed, count_uv > 0, has_seeds=True)


def _per_seed(total: AnyFloats, count: AnyFloats) -> AnyFloats:
    return np.asarray(total / count[..., None])


def _curves(run: Run, by: Sequence[str], level: str) -> RunValues:
    dataset = run.dataset
    present = [name for name in CURVES if name in dataset]
    names = _chosen(by, present, [name for name in present if name in ("area", "span_area")], run)
    probes = [str(name) for name in dataset["probe"].values]
    frames = [_curve_keys(dataset, name, probes) for name in names]
    total = dataset["total"].transpose("utterance", "probe", "intervention", "seed").values
    count = dataset["count"].transpose("utterance", "probe").values.astype(float)

    def statistic(total_pis: AnyFloats, count_p: AnyFloats) -> AnyFloats:
        score = total_pis / count_p[..., None, None]
        return np.concatenate([_curve_values(dataset, name, score) for name in names], axis=-2)

    keys = pd.concat(frames, ignore_index=True)
    counts = (count > 0)[:, [probes.index(probe) for probe in keys["probe"]]]
    return RunValues(keys, run.utterances, (total, count), statistic, counts, has_seeds=True)


def _curve_keys(dataset: xr.Dataset, name: str, probes: Sequence[str]) -> pd.DataFrame:
    dims = {
        "area": ("ranking", "direction"),
        "span_area": ("rows",),
        "ablation_area": ("ablation", "ranking", "direction"),
        "score": ("ranking", "direction", "removed"),
    }[name]
    labels = [probes, *(dataset[dim].values for dim in dims)]
    return pd.MultiIndex.from_product(labels, names=["probe", *dims]).to_frame(index=False).assign(curve=name)


def _curve_values(dataset: xr.Dataset, name: str, score_pis: AnyFloats) -> AnyFloats:
    """Return values `[..., v, s]` of scores `[..., probe, intervention, seed]`."""
    places = {"span_area": "span_place", "ablation_area": "ablation_place"}
    place = dataset[places.get(name, "place")].values
    curves = np.moveaxis(score_pis[..., place, :], -1, -2)  # [..., probe, *curve, seed, step]
    if name == "score":
        values = np.moveaxis(curves, -1, -2)
    else:
        removed = dataset["removed"].values
        share = np.linspace(0, 1, place.shape[-1]) if name == "span_area" else removed / removed[-1]
        values = np.asarray(np.trapezoid(curves, share, axis=-1))
    return values.reshape(*score_pis.shape[:-3], -1, score_pis.shape[-1])


def _segmentation(run: Run, by: Sequence[str], level: str) -> RunValues:
    dataset = run.dataset
    names = _chosen(by, MEASURES, ["r_value"], run)
    counts = dataset["counts"].transpose("utterance", "segmenter", "mode", "count")
    labels: list[Any] = [dataset["segmenter"].values, dataset["mode"].values, names]
    keys = pd.MultiIndex.from_product(labels, names=["segmenter", "mode", "measure"]).to_frame(index=False)
    columns = [MEASURES.index(name) for name in names]

    def statistic(pooled: AnyFloats) -> AnyFloats:
        scores = scores_of(pooled)[..., columns]
        return np.asarray(scores.reshape(*pooled.shape[:-3], -1))

    present = np.ones((len(counts), len(keys)), bool)
    return RunValues(keys, run.utterances, (counts.values.astype(float),), statistic, present)


def _patching(run: Run, by: Sequence[str], level: str) -> RunValues:
    """Return shares of the damage that are undone; single heads only where `by` names them."""
    dataset = run.dataset
    present = [name for name in PATCH_EFFECTS if name in dataset]
    names = _chosen(by, present, ["group_effect"], run)
    columns = [_effect_columns(dataset, name) for name in names]
    keys = pd.concat([keys for keys, _, _ in columns], ignore_index=True).astype(object)
    drop_uv = np.concatenate([drop for _, drop, _ in columns], axis=1)
    measure_v = np.concatenate([measure for _, _, measure in columns])
    damage_um = (dataset["corrupted_loss"] - dataset["clean_loss"]).transpose("utterance", "measure").values

    def statistic(drop: AnyFloats, damage: AnyFloats) -> AnyFloats:
        return np.asarray(drop / damage[..., measure_v])

    every = np.ones(drop_uv.shape, bool)
    return RunValues(keys.where(keys.notna(), ""), run.utterances, (drop_uv, damage_um), statistic, every)


def _effect_columns(dataset: xr.Dataset, name: str) -> tuple[pd.DataFrame, AnyFloats, Ints]:
    """Return keys, drops `[u, v]` and the number of the measure of each value of an effect that was measured."""
    drop = dataset[f"{name}_drop"].transpose("utterance", "measure", ...)
    dims = [str(dim) for dim in drop.dims[1:]]
    keys = pd.MultiIndex.from_product([drop[dim].values for dim in dims], names=dims).to_frame(index=False)
    drop_uv = drop.values.reshape(len(drop), -1)
    measure_v = np.arange(len(keys)) // (len(keys) // drop.sizes["measure"])
    present = ~np.isnan(drop_uv).any(axis=0)
    return keys[present].assign(effect=name), drop_uv[:, present], measure_v[present]


def _chosen(by: Sequence[str], present: Sequence[str], default: Sequence[str], run: Run) -> list[str]:
    if unknown := [name for name in by if name not in present]:
        raise InputError(f"expected --by with names of {', '.join(present)}, found {unknown[0]}, not in {run.path}")
    if not (names := list(by or default)):
        raise InputError(f"expected --by with some of {', '.join(present)}, found none; name what to compare")
    return names


READERS: Mapping[str, Callable[[Run, Sequence[str], str], RunValues]] = {
    HEADS: _heads,
    "ranking": _rankings,
    "probes": _probes,
    "layers": _layers,
    "curves": _curves,
    "segmentation": _segmentation,
    "patching": _patching,
}
