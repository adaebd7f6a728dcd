"""Attention rollout of one utterance: which frames of the input reach each frame after each layer."""

import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.layer_maps import layer_maps
from otoscope.figures.style.design import Design
from otoscope.maps import rollout as rolled_out


def rollout(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the rollout from the Dataset of a run, merged with the map of one utterance."""
    maps_lqk = rolled_out(dataset["attention"].sel(layer=layer).values for layer in dataset["layer"])
    note = "from a frame of the input (column) to a frame of the layer (row); 1 = uniform"
    return layer_maps(dataset, maps_lqk, "Attention rollout", note, design)


FIGURE = FigureSpec(
    name="rollout",
    doc="attention rollout of one utterance after each layer, phones along the edges",
    variables=("attention",),
    function=rollout,
)
