"""Runs of a decoder with drawn numbers, so that their figure is tested without any model."""

import numpy as np
import xarray as xr
from tests.helpers.example_importance import add_run_coordinates

from otoscope.analysis.decoder_run import EFFECTS, VARIABLES
from otoscope.analysis.stored_examples import EXAMPLE, SIZED, padded, select_example
from otoscope.decoders.measures import DECODER_MEASURES
from otoscope.results.schema import labelled

DECODER_RUNS = {
    "4x6": {"layers": 4, "heads": 6},
    "2x2": {"layers": 2, "heads": 2},
    "24x16": {"layers": 24, "heads": 16},
    "one utterance": {"layers": 3, "heads": 1, "utterances": 1},
}
KINDS = ("self", "cross")
EXAMPLE_SIZES = {
    "voice-0/000": {"words": ["she", "had"], "columns": 60},
    "voice-1/000": {"words": ["yes"], "columns": 30},
}
"""Examples of unlike lengths, by utterance."""


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
        "shape": np.full((len(KINDS), layers, heads), "mixed", object),
    }
    values |= effect_values(layers, heads, rng, half)
    variables = {name: (VARIABLES | EFFECTS)[name] for name in values}
    examples = [example_values(layers, heads, rng, **sizes) for sizes in EXAMPLE_SIZES.values()]
    values |= {name: padded([one[name] for one in examples], fill_of(examples[0][name])) for name in examples[0]}
    variables |= {name: EXAMPLE[name] for name in values if name in EXAMPLE}
    texts = {"measure": list(measures), "attention": KINDS, "bound": ["low", "high"]}
    texts |= {"example": list(EXAMPLE_SIZES), "sized": list(SIZED)}
    labels = {name: np.array(values, object) for name, values in texts.items()}
    labels["rule"] = np.array(["anything", "words", "speech"], object)
    sharpest = [[layers - 1, 0], [0, 0], [0, heads - 1]]
    attributes = {"clusters": f"{utterances} speakers", "undefined": [], "example_heads": sharpest}
    dataset = xr.Dataset(labelled(variables, values), labels, attributes)
    return add_run_coordinates(dataset, "decoder", layers, heads, utterances)


def effect_values(layers, heads, rng, half):
    """Return what changes without each head, and without each head index of several layers."""
    single = [(kind, layer, head) for kind in KINDS for layer in range(layers) for head in range(heads)]
    through = [(kind, -1, head) for kind in KINDS for head in range(heads)]
    attention, layer, head = zip(("", -1, -1), *single, *through, strict=True)
    change = np.array([0.0, *rng.gamma(0.4, 0.2, len(attention) - 1)])
    empty = np.where(change > 0.4, 0.1, 0.0)
    sounds = np.clip(np.array([1.0, 0.95, 0.5]) - 0.2 * change[:, None], 0, 1)
    return {
        "removed_attention": np.array(attention, object),
        "removed_layer": np.array(layer),
        "removed_head": np.array(head),
        "word_error_change": change,
        "word_error_change_interval": np.stack([change - half, change + half], -1),
        "empty_speech": empty,
        "empty_speech_interval": share_ends(empty, half),
        "sound_text": sounds,
        "sound_text_interval": share_ends(sounds, half),
    }


def share_ends(shares, half):
    """Return intervals of shares; none where a share is 0 or 1."""
    ends = np.clip(np.stack([shares - half, shares + half], -1), 0, 1)
    return np.where(((shares == 0) | (shares == 1))[..., None], np.nan, ends)


def drawn_decoder(**sizes):
    """Return what figures draw: a run with its longer example."""
    return select_example(decoder_dataset(**sizes))


def fill_of(array):
    return {"O": "", "b": False, "i": 0}.get(array.dtype.kind, np.nan)


def example_values(layers, heads, rng, words, columns):
    """Return an example of two words with a pause between them, whose maps follow the audio."""
    tokens = ["<prompt>", *" ".join(words), "", "<end>"]
    rows, seconds = len(tokens), 0.02 * columns
    times = np.linspace(5, columns - 5, rows)[:, None]
    follows = np.exp(-0.5 * ((np.arange(columns) - times) / rng.uniform(1, 20, (layers, heads, 1, 1))) ** 2)
    own = np.tril(rng.uniform(0.1, 1, (layers, heads, rows, rows)))
    return {
        "example_cross": (follows / follows.sum(-1, keepdims=True)).astype(np.float16),
        "example_own": (own / own.sum(-1, keepdims=True)).astype(np.float16),
        "is_text": np.array([False, *[True] * (rows - 2), False]),
        "example_token": np.array(tokens, object),
        "example_word": np.array(words, object),
        "example_size": np.array([rows, columns, 320 * columns, len(words)]),
        "column_start": 0.02 * np.arange(columns),
        "example_wave": (0.1 * rng.normal(size=320 * columns)).astype(np.float16),
        "word_start": np.linspace(0.1, seconds - 0.5, len(words)),
        "word_end": np.linspace(0.5, seconds - 0.1, len(words)),
    }
