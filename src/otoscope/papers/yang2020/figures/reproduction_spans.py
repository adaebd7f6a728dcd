"""Scores of each probe as the attention span becomes narrower, for models of several masking spans."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.model_curves import CurveSpec, draw_model_curves
from otoscope.figures.style.design import Design


def reproduction_spans(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the curves from the Dataset of a reproduction."""
    radii = dataset["radius"].values
    labels = ["full" if np.isinf(radius) else f"{radius:.0f}" for radius in radii]
    curves = CurveSpec("span_curve", radii, labels, "farthest key (frames)")
    return draw_model_curves(dataset, design, "Span limited, rows as published", curves)


FIGURE = FigureSpec(
    name="reproduction-spans",
    doc="scores of each probe over narrower and narrower spans, for models of several masking spans",
    variables=("span_curve", "span_curve_interval", "span_curve_drop", "radius", "masking_span"),
    function=reproduction_spans,
    kind="reproduction",
)
