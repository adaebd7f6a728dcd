"""Phone boundaries that a head's map says, with the alpha and beta that a segmentation run tuned for that head."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from otoscope.errors import BadInput
from otoscope.phones import LabelFrames, label_rows, segment
from otoscope.results import Run

KIND = "segmentation"
WITHOUT = "no run of otoscope segment is open beside this one, so that no boundaries are predicted"


@dataclass(frozen=True)
class Grid:
    """Where the frames of a model lie: `period` seconds apart, the first centred at `first_centre`."""

    period: float
    first_centre: float


def tuned(run: Run | None, model: str, layer: int, head: int) -> tuple[float, float]:
    """Alpha and beta of a head of the model. Raises BadInput where no run has tuned them."""
    if run is None:
        raise BadInput(WITHOUT)
    dataset = run.dataset
    models = [str(name) for name in dataset["model"].values]
    if model not in models:
        raise BadInput(f"{run.path} segmented with {', '.join(models)}, not with {model}")
    place = {"model": models.index(model), "layer": layer, "head": head}
    alpha, beta = (float(dataset[name].isel(place)) for name in ("head_alpha", "head_beta"))
    if not (np.isfinite(alpha) and np.isfinite(beta)):
        raise BadInput(f"{run.path} tuned nothing for layer {layer}, head {head}")
    return alpha, beta


def boundaries(attn_qk: npt.NDArray[np.floating], grid: Grid, alpha: float, beta: float) -> npt.NDArray[np.float32]:
    """Seconds at which a map's boundaries lie, ascending."""
    frames = LabelFrames.under(grid.period, grid.first_centre)
    return segment(label_rows(attn_qk, frames.repeat), alpha, beta, frames).astype(np.float32)
