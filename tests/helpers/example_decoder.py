"""Runs of a decoder with drawn numbers, so that their figure is tested without any model."""

import numpy as np
import xarray as xr
from tests.helpers.example_importance import add_run_coordinates

from otoscope.analysis.decoder_run import VARIABLES
from otoscope.decoders.measures import DECODER_MEASURES
from otoscope.results.schema import labelled

DECODER_RUNS = {
    "4x6": {"layers": 4, "heads": 6},
    "2x2": {"layers": 2, "heads": 2},
    "24x16": {"layers": 24, "heads": 16},
    "one utterance": {"layers": 3, "heads": 1, "utterances": 1},
}
KINDS = ("self", "cross")


def decoder_dataset(layers, heads, utterances=8, seed=0):
    rng = np.random.default_rng(seed)
    measures = DECODER_MEASURES.select()
    value = rng.uniform(0.1, 0.9, (len(measures), len(KINDS), layers, heads))
    for place, measure in enumerate(measures.values()):
        for kind in KINDS:
            if kind not in measure.kinds:
                value[place, KINDS.index(kind)] = np.nan
    half = 0.05 if utterances > 1 else np.nan
    values = {
        "value": value,
        "value_interval": np.stack([value - half, value + half], axis=-1),
        "measure_units": np.array([measure.units for measure in measures.values()], object),
    }
    variables = {name: VARIABLES[name] for name in values}
    texts = {"measure": list(measures), "attention": KINDS, "bound": ["low", "high"]}
    labels = {name: np.array(values, object) for name, values in texts.items()}
    attributes = {"clusters": f"{utterances} speakers", "undefined": []}
    dataset = xr.Dataset(labelled(variables, values), labels, attributes)
    return add_run_coordinates(dataset, "decoder", layers, heads, utterances)
