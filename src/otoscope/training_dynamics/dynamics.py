"""From checkpoints of a training to the formation of heads, as a run folder.

Axes: S step, L layer, H head.
"""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from lhotse import CutSet
from numpy.typing import NDArray

from otoscope.corpus import SkippedUtterance, fingerprint
from otoscope.errors import InputError
from otoscope.results import Run, check_folder
from otoscope.results.schema import FORMAT_VERSION, INTERVAL, Variable, labelled
from otoscope.runs.cache import Arrays, RunResult, load_or_compute, read_arrays, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.run_config import recorded_versions, resolve_path
from otoscope.runs.speech_source import SpeechSource, resolve_encoder
from otoscope.statistics import STATISTICS as REGISTRY
from otoscope.training_dynamics.checkpoints import check_weights, find_checkpoints
from otoscope.training_dynamics.snapshot import (
    OVERVIEW,
    STATISTICS,
    TEXTS,
    SnapshotSpeech,
    measure_snapshot,
    read_snapshot_speech,
)

DYNAMICS = "dynamics"  # kind of the runs
DIMS = ("step", "layer", "head")
VARIABLES = {
    **{
        key: variable
        for statistic in REGISTRY.select(STATISTICS).values()
        for key, variable in (
            (statistic.name, Variable(DIMS, statistic.units, statistic.doc)),
            (f"{statistic.name}_interval", Variable((*DIMS, "bound"), statistic.units, f"{INTERVAL}: {statistic.doc}")),
        )
    },
    "category": Variable(DIMS, "1", "category among the heads of this step"),
    "shape": Variable(DIMS, "1", "shape of the map, which does not depend on other heads"),
    OVERVIEW: Variable(
        (*DIMS, "query_block", "key_block"), "1", "mean attention weight over blocks of frames of one utterance"
    ),
    "formed_step": Variable(
        DIMS[1:], "1", "first step from which a head has the shape of its last step; NaN where that is uniform or mixed"
    ),
    "category_changes": Variable(DIMS[1:], "1", "how often the category changes from one step to the next"),
}
UNFORMED = ("uniform", "mixed", "")


def dynamics(
    checkpoints: Sequence[str | Path],
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    options: SpeechOptions | None = None,
) -> Run:
    """Measure the heads of every checkpoint of a training, and store how they form as a run.

    Args:
        checkpoints: folders of checkpoints in any order, or one folder that contains them. The step is read from
            `trainer_state.json`, or from the end of the folder's name.
        corpus: folder, file, or Lhotse cuts of the speech; a few utterances that the training does not use.
        out: folder of the run, which must not exist unless `options.resume` is true.
        options: how to load the models and read the corpus.

    Returns:
        The finished run: statistics with intervals `[step, layer, head]`, categories, shapes, the step at which each
        head has found its shape, and an overview of the maps of one utterance.

    Raises:
        InputError: checkpoints of different shapes, without a step or of the same step; or an error of `analyze`.

    Examples:
        >>> from shutil import copytree
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope.bundled import model
        >>> with TemporaryDirectory() as folder:
        ...     for step in (100, 200):
        ...         _ = copytree(model(), f"{folder}/checkpoint-{step}")
        ...     run = dynamics([folder], "bundled", f"{folder}/run", options=SpeechOptions(limit=2))
        ...     run.dataset["diagonality"].sizes["step"], int(run.dataset["category_changes"].sum())
        (2, 0)
    """
    options, ordered = options or SpeechOptions(), find_checkpoints(checkpoints)
    check_weights(ordered)
    speech = read_snapshot_speech(corpus, options)
    plan = {"checkpoints": {str(checkpoint.step): checkpoint.digest for checkpoint in ordered}, **speech_plan(speech)}
    check_folder(out, plan, resume=options.resume)

    def make(folder: Path) -> RunResult:
        for checkpoint in ordered:
            load_or_compute(
                snapshot_path(folder, checkpoint.step), partial(_measure_checkpoint, checkpoint.folder, speech, options)
            )
        return snapshots_result(folder, str(ordered[-1].folder), speech.source)

    return resume_or_run(out, plan, make, resume=options.resume)


def _measure_checkpoint(folder: Path, speech: SnapshotSpeech, options: SpeechOptions) -> Arrays:
    return measure_snapshot(resolve_encoder(folder, options), speech)


def speech_plan(speech: SnapshotSpeech) -> dict[str, Any]:
    """Return the part of a plan that names the speech and the versions."""
    source = speech.source
    corpus = {"path": resolve_path(source.name), **source.options, "fingerprint": fingerprint(list(speech.cuts))}
    return {"corpus": corpus, "versions": recorded_versions()}


def snapshot_path(folder: Path, step: int) -> Path:
    """Return the file of the arrays of a step in an unfinished run."""
    return folder / "shards" / f"step-{step:09}.npz"


def snapshots_result(folder: Path, model: str, source: SpeechSource) -> RunResult:
    """Return the Dataset of all steps that were measured in an unfinished run, and what was skipped."""
    paths = sorted((folder / "shards").glob("step-*.npz"))
    snapshots = {int(path.stem.removeprefix("step-")): read_arrays(path) for path in paths}
    skipped = json.loads(str(next(iter(snapshots.values()))["skipped"]))
    return dynamics_dataset(snapshots, model, source), [SkippedUtterance(*entry) for entry in skipped]


def dynamics_dataset(snapshots: Mapping[int, Arrays], model: str, source: SpeechSource) -> xr.Dataset:
    """Return the arrays of all steps, in order, with named dimensions and when each head formed.

    Raises:
        InputError: models of different shapes.
    """
    check_shapes(snapshots)
    steps = sorted(snapshots)
    arrays = {name: stack(snapshots, name) for name in VARIABLES if name in snapshots[steps[-1]]}
    arrays |= {name: arrays[name].astype(object) for name in TEXTS}
    formed, changes = formed_steps(arrays["shape"], steps), count_changes(arrays["category"])
    values = arrays | {"formed_step": formed, "category_changes": changes}
    _, layers, heads = arrays["category"].shape
    coordinates = {"step": steps, "layer": np.arange(layers), "head": np.arange(heads)}
    dataset = xr.Dataset(labelled(VARIABLES, values), coordinates | {"bound": np.array(["low", "high"], dtype=object)})
    last = {name: str(snapshots[steps[-1]][name]) for name in ("utterance", "clusters")}
    attributes = {"kind": DYNAMICS, "format_version": FORMAT_VERSION, "model": model, "corpus": source.name}
    return dataset.assign_attrs(attributes | last, synthetic=int(source.synthetic))


def check_shapes(snapshots: Mapping[int, Arrays]) -> None:
    """Raise InputError unless the models of all steps have the same layers and heads."""
    shapes = {step: arrays["category"].shape for step, arrays in sorted(snapshots.items())}
    first = next(iter(shapes))
    for step, shape in shapes.items():
        if shape != shapes[first]:
            raise InputError(
                f"expected checkpoints of one training, found {shapes[first][0]} layers x {shapes[first][1]} heads at "
                f"step {first} and {shape[0]} x {shape[1]} at step {step}; pass those of one model"
            )


def stack(snapshots: Mapping[int, Arrays], name: str) -> NDArray[Any]:
    """Return an array of all steps, `[S, ...]`."""
    return np.stack([snapshots[step][name] for step in sorted(snapshots)])


def formed_steps(shape_slh: NDArray[Any], steps: Sequence[int]) -> NDArray[np.float64]:
    """Return the first step from which each head has the shape of its last step, `[L, H]`.

    It is NaN for heads whose last shape is uniform or mixed, and where there is no head.

    >>> shapes = np.array([["uniform"], ["diagonal"], ["vertical"], ["diagonal"], ["diagonal"]])[:, :, None]
    >>> formed_steps(shapes, [0, 100, 200, 300, 400]).tolist()
    [[300.0]]
    """
    differs = shape_slh != shape_slh[-1]
    first = np.where(differs.any(0), len(steps) - differs[::-1].argmax(0), 0)
    formed = np.asarray(steps, float)[first]
    formed[np.isin(shape_slh[-1].astype(str), UNFORMED)] = np.nan
    return formed


def count_changes(category_slh: NDArray[Any]) -> NDArray[np.float64]:
    """Return how often the category of each head changes from one step to the next, `[L, H]`."""
    return np.asarray((category_slh[1:] != category_slh[:-1]).sum(0), float)
