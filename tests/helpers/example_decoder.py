"""Runs of a decoder with drawn numbers, so that their figure is tested without any model."""

import numpy as np
import xarray as xr
from tests.helpers.example_importance import add_run_coordinates

from otoscope.analysis.decoder_example import EXAMPLE
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
        "category": np.full((len(KINDS), layers, heads), "global", object),
    }
    variables = {name: VARIABLES[name] for name in values}
    values |= example_values(layers, heads, rng)
    variables |= {name: EXAMPLE[name] for name in values if name in EXAMPLE}
    texts = {"measure": list(measures), "attention": KINDS, "bound": ["low", "high"]}
    texts |= {"row": ["<prompt>", *"she had", "", "<end>"], "word": ["she", "had"]}
    labels = {name: np.array(values, object) for name, values in texts.items()}
    attributes = {"clusters": f"{utterances} speakers", "undefined": []}
    attributes |= {"example_utterance": "voice-0/000", "example_head": [layers - 1, 0]}
    dataset = xr.Dataset(labelled(variables, values), labels, attributes)
    return add_run_coordinates(dataset, "decoder", layers, heads, utterances)


def example_values(layers, heads, rng, rows=10, columns=60):
    """Return an example of two words with a pause between them, whose maps follow the audio."""
    times = np.linspace(5, 55, rows)[:, None]
    follows = np.exp(-0.5 * ((np.arange(columns) - times) / rng.uniform(1, 20, (layers, heads, 1, 1))) ** 2)
    own = np.tril(rng.uniform(0.1, 1, (layers, heads, rows, rows)))
    return {
        "example_cross": (follows / follows.sum(-1, keepdims=True)).astype(np.float16),
        "example_own": (own / own.sum(-1, keepdims=True)).astype(np.float16),
        "is_text": np.array([False, *[True] * (rows - 2), False]),
        "column_start": 0.02 * np.arange(columns),
        "example_wave": (0.1 * rng.normal(size=320 * columns)).astype(np.float16),
        "word_start": np.array([0.1, 0.7]),
        "word_end": np.array([0.5, 1.1]),
    }
