"""Scores of each probe as heads are removed, the most global first, for models of several masking spans."""

import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.model_curves import CurveSpec, draw_model_curves
from otoscope.figures.style.design import Design


def reproduction_globalness(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the curves from the Dataset of a reproduction."""
    removed = dataset["removed"].values
    curves = CurveSpec("curve", removed, [f"{count}" for count in removed], "heads removed")
    return draw_model_curves(dataset, design, "Global heads removed", curves)


FIGURE = FigureSpec(
    name="reproduction-globalness",
    doc="scores of each probe as the most global heads go, for models of several masking spans",
    variables=("curve", "curve_interval", "curve_drop", "removed", "masking_span"),
    function=reproduction_globalness,
    kind="reproduction",
)
