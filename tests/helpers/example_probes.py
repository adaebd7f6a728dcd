"""Scores of probes, drawn, so that their figure is tested without any model."""

import numpy as np
import xarray as xr
from tests.helpers.example_importance import add_run_coordinates

from otoscope.probing.probe import CONDITIONS, VARIABLES
from otoscope.results.schema import labelled

PROBE_RUNS = {
    "three probes": {"probes": ["phone", "reconstruction", "speaker-utterance"]},
    "2x2": {"probes": ["phone", "reconstruction"]},
    "one utterance": {"probes": ["phone", "wer"], "utterances": 1},
}
ERRORS = ("reconstruction", "wer")


def probes_dataset(probes, utterances=8, seed=0):
    rng = np.random.default_rng(seed)
    score = np.sort(rng.random((len(probes), len(CONDITIONS))), axis=1)[:, ::-1]
    is_error = np.array([name in ERRORS for name in probes])
    half = 0.03 if utterances > 1 else np.nan
    scores = np.where(is_error[:, None], 1 - score, score)
    values = {
        "score": scores,
        "score_interval": np.stack([scores - half, scores + half], axis=-1),
        "metric": np.array(["L1" if error else "accuracy" for error in is_error], object),
        "higher_is_better": ~is_error,
    }
    coords = {"probe": np.array(probes, object), "reader": np.array(CONDITIONS, object)}
    dataset = xr.Dataset(labelled(VARIABLES, values), coords, {"clusters": f"{utterances} utterances"})
    return add_run_coordinates(dataset, "probes", 2, 2, utterances)
