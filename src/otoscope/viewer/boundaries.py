"""Phone boundaries: those that a head's map predicts as a segmentation run tuned it, and those of its methods."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.phones import LabelFrames
from otoscope.results import Run
from otoscope.segmentation.kernel_gram_detector import boundary_scores_per_frame, label_rows
from otoscope.segmentation.marks import marks_of
from otoscope.segmentation.score_sum import minima_with_depths
from otoscope.segmentation.transition_table import compared_methods

KIND = "segmentation"
MAX_DIFFERENCE_SECONDS = 0.001
"""Largest difference of the durations of one utterance in two runs."""
NO_SEGMENTATION = (
    "no run of otoscope segment is open; to show predicted boundaries, use otoscope view RUN SEGMENTATION_RUN"
)


@dataclass(frozen=True)
class FrameGrid:
    """The times of a model's frames: `period` seconds apart, the first one centred at `first_centre`."""

    period: float
    first_centre: float


def tuned_parameters(run: Run | None, model: Mapping[str, Any], layer: int, head: int) -> tuple[float, float]:
    """Return alpha and beta of a head.

    Args:
        run: the segmentation run, if one is open.
        model: the model, as the plan of a run describes it.
        layer: layer of the head.
        head: number of the head in its layer.

    Raises:
        InputError: no run is open, or it did not tune this head of this model.
    """
    if run is None:
        raise InputError(NO_SEGMENTATION)
    models = [run.plan["model"], *(other["model"] for other in run.plan.get("against", ()))]
    fingerprints = [candidate["fingerprint"] for candidate in models]
    if model["fingerprint"] not in fingerprints:
        names = ", ".join(candidate["name"] for candidate in models)
        raise InputError(f"{run.path} segmented with {names}, which is not the model of this run, {model['name']}")
    position = {"model": fingerprints.index(model["fingerprint"]), "layer": layer, "head": head}
    alpha, beta = (float(run.dataset[name].isel(position)) for name in ("head_alpha", "head_beta"))
    if not (np.isfinite(alpha) and np.isfinite(beta)):
        raise InputError(f"{run.path} has no tuned parameters for layer {layer}, head {head}")
    return alpha, beta


def predict_boundaries(
    attn_qk: npt.NDArray[np.floating], grid: FrameGrid, alpha: float, beta: float
) -> npt.NDArray[np.float32]:
    """Return the boundaries that a map predicts, `[2, n]`: seconds, ascending, and the depth over the mean score."""
    frames = LabelFrames.for_model(grid.period, grid.first_centre)
    [score] = boundary_scores_per_frame(label_rows(attn_qk, frames.repeat), alpha, [beta], frames.repeat)
    places, depths = minima_with_depths(score)
    return np.stack([frames.seconds(places), depths / (score.mean() or 1)]).astype(np.float32)


def method_boundaries(run: Run, utterance: str, seconds: float) -> dict[str, npt.NDArray[np.float32]]:
    """Return seconds and confidences of MFCC and of the best sum of heads in a test utterance of a segmentation run.

    The names are `mfcc`, `sum`, `mfcc_confidences` and `sum_confidences`. The result is empty for an utterance of
    another id or another duration.
    """
    dataset = run.dataset
    ids = dataset["utterance"].values.tolist() if "mark_time" in dataset else []
    if utterance not in ids:
        return {}
    place = ids.index(utterance)
    if abs(float(dataset["duration"][place]) - seconds) > MAX_DIFFERENCE_SECONDS:
        return {}
    methods = compared_methods(dataset)
    arrays = {}
    for name, method in (("mfcc", methods[0]), ("sum", methods[-1])):
        marks = marks_of(dataset, place, method)
        arrays[name] = marks["mark_time"].values.astype(np.float32)
        arrays[f"{name}_confidences"] = np.nan_to_num(marks["mark_confidence"].values).astype(np.float32)
    return arrays
