"""Phone boundaries that a head's map predicts, with the alpha and beta that a segmentation run tuned for that head."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.phones import LabelFrames
from otoscope.results import Run
from otoscope.segmentation.detector import detect_boundaries, label_rows

KIND = "segmentation"
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
    """Return the boundaries that a map predicts, in seconds, ascending."""
    frames = LabelFrames.for_model(grid.period, grid.first_centre)
    return detect_boundaries(label_rows(attn_qk, frames.repeat), alpha, beta, frames).astype(np.float32)
