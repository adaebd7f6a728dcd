"""Value zeroing of one utterance: how much each frame of each layer's output needs each phone."""

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.layer_maps import layer_maps
from otoscope.figures.style.design import Design
from otoscope.relations.operations import label_kind


def value_zeroing(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the scores from the Dataset of a run, merged with the map and the scores of one utterance."""
    note = f"{label_kind(dataset.attrs)} (column) whose values a frame (row) needs; 1 = all alike"
    return layer_maps(dataset, expand_to_frames(dataset), "Value zeroing", note, design)


def expand_to_frames(dataset: xr.Dataset) -> npt.NDArray[np.floating]:
    """Return the share of each score in its row, divided among the frames of its span, `[layer, query, key]`.

    Frames outside of spans have 0.
    """
    scores = dataset["value_zeroing"].transpose("layer", "query", "span").values
    starts, stops = (dataset[f"span_{end}"].values.astype(int) for end in ("start", "stop"))
    total = np.maximum(scores.sum(-1, keepdims=True), np.finfo(float).tiny)
    shares = np.maximum(scores, 0) / total / (stops - starts)
    spread = np.zeros((*scores.shape[:2], scores.shape[1]))
    for index, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        spread[..., start:stop] = shares[..., index, None]
    return spread


FIGURE = FigureSpec(
    name="value-zeroing",
    doc="value zeroing of one utterance in each layer: what each frame needs of each phone, phones along the edges",
    variables=("value_zeroing", "span_start", "span_stop"),
    function=value_zeroing,
    on_request=True,
)
