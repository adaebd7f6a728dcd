"""Phone boundaries that a head's map says, with the alpha and beta that a segmentation run tuned for that head."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.phones import LabelFrames
from otoscope.results import Run
from otoscope.segmentation.detector import label_rows, segment

KIND = "segmentation"
WITHOUT = "no run of otoscope segment is open beside this one, so that no boundaries are predicted"


@dataclass(frozen=True)
class Grid:
    """Where the frames of a model lie: `period` seconds apart, the first centred at `first_centre`."""

    period: float
    first_centre: float


def tuned(run: Run | None, model: Mapping[str, Any], layer: int, head: int) -> tuple[float, float]:
    """Alpha and beta of a head of the model, as a plan names it. Raises InputError where no run has tuned them."""
    if run is None:
        raise InputError(WITHOUT)
    models = [run.plan["model"], *(other["model"] for other in run.plan.get("against", ()))]
    prints = [one["fingerprint"] for one in models]
    if model["fingerprint"] not in prints:
        names = ", ".join(one["name"] for one in models)
        raise InputError(f"{run.path} segmented with {names}, which is not the model of this run, {model['name']}")
    place = {"model": prints.index(model["fingerprint"]), "layer": layer, "head": head}
    alpha, beta = (float(run.dataset[name].isel(place)) for name in ("head_alpha", "head_beta"))
    if not (np.isfinite(alpha) and np.isfinite(beta)):
        raise InputError(f"{run.path} tuned nothing for layer {layer}, head {head}")
    return alpha, beta


def boundaries(attn_qk: npt.NDArray[np.floating], grid: Grid, alpha: float, beta: float) -> npt.NDArray[np.float32]:
    """Seconds at which a map's boundaries lie, ascending."""
    frames = LabelFrames.for_model(grid.period, grid.first_centre)
    return segment(label_rows(attn_qk, frames.repeat), alpha, beta, frames).astype(np.float32)
