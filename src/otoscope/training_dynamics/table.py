"""The formation of heads in words."""

import numpy as np
import xarray as xr

from otoscope.results.shapes import SHAPES
from otoscope.results.text_table import format_table
from otoscope.training_dynamics.snapshot import STATISTICS


def dynamics_table(dataset: xr.Dataset) -> str:
    """Return a table of the steps, numbers of heads by shape and means over heads, then when each shape formed."""
    shapes = [shape for shape in SHAPES if (dataset["shape"] == shape).any()]
    rows = [_row(dataset.sel(step=step), shapes) for step in dataset["step"].values]
    table = format_table(["step", *shapes, *(name.replace("_", " ") for name in STATISTICS)], rows)
    lines = [line for shape in shapes if (line := _formed(dataset, shape))]
    changes = int(dataset["category_changes"].sum())
    lines.append(f"heads change their category {changes} times from one step to the next")
    lines.append(f"means over heads; otoscope show --format csv has 95 % intervals over {dataset.attrs['clusters']}")
    return "\n".join([table, *lines]) + "\n"


def _row(step: xr.Dataset, shapes: list[str]) -> list[str]:
    counts = [str(int((step["shape"] == shape).sum())) for shape in shapes]
    return [str(int(step["step"])), *counts, *(f"{float(step[name].mean()):.3f}" for name in STATISTICS)]


def _formed(dataset: xr.Dataset, shape: str) -> str:
    """Return when the heads of a shape formed: `diagonal: 4 heads, formed at step 400 (median; 200 to 800)`."""
    last = dataset["shape"].isel(step=-1).values == shape
    steps = dataset["formed_step"].values[last]
    if not last.any() or np.isnan(steps).all():
        return ""
    middle, first, end = np.median(steps), steps.min(), steps.max()
    return f"{shape}: {last.sum()} heads, formed at step {middle:g} (median; {first:g} to {end:g})"
