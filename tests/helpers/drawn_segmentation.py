"""A run as `otoscope segment` writes it, of the synthetic model of the viewer's tests."""

import numpy as np
import xarray as xr

from otoscope.results import claim_folder, finish
from otoscope.segmentation.marks import build_marks
from otoscope.segmentation.score_sum import Boundaries

MARKS = [Boundaries(np.array([0.1, 0.2]), np.array([0.5, 0.1])), Boundaries(np.array([0.11]), np.array([0.3]))]
"""Boundaries of MFCC and of a sum of heads."""


def write_segmentation(folder, run):
    """Write a run with one tuned head, and with the boundaries of two methods in the utterance with index 4."""
    tuned = np.full((1, 2, 3), np.nan)
    tuned[0, 1, 2] = 0.5
    about = {"units": "1", "description": "tuned for each head"}
    dims = ("model", "layer", "head")
    row = run.utterances.iloc[4]
    dataset = xr.Dataset(
        {"head_alpha": (dims, tuned, about), "head_beta": (dims, 2 * tuned, about)},
        coords={
            "model": np.array(["drawn"], dtype=object),
            "segmenter": np.array(["MFCC", "heads, weighted"], dtype=object),
            "utterance": np.array([row.name], dtype=object),
            "duration": ("utterance", [row["duration"]]),
        },
        attrs={"kind": "segmentation"},
    ).merge(build_marks([MARKS], [[("a", 0.0, 0.1), ("b", 0.1, 0.3)]], 0.02))
    claim_folder(folder, {"model": {"name": "elsewhere/drawn", "fingerprint": "1"}})
    finish(folder, dataset, [])
    return folder
