"""Reproductions of random numbers, to test their figures without a model."""

import numpy as np
import xarray as xr

from otoscope.papers.yang2020.variables import KIND, VARIABLES

METHODS = ("MFCC", "log-mel", "representation", "best head", "ensemble", "uniform", "random")
MODELS = {"m3": 3, "m6": 6, "m9": 9, "m3-1": 3, "m3-2": 3}
# Heads of a layer, models, probes and corpora; the smallest has the name of the smallest run of heads.
REPRODUCTIONS = {
    "2x2": {"heads": 2, "models": 3, "probe_corpora": 1},
    "12x12, three seeds, eleven probes and corpora": {
        "heads": 12,
        "models": 5,
        "probe_corpora": 11,
        "shortest": "speaker-utterance",
    },
}


def reproduction_dataset(heads=2, models=3, probe_corpora=1, shortest="phone", seed=0):
    rng, names = np.random.default_rng(seed), list(MODELS)[:models]
    steps, radius = np.arange(7), np.array([np.inf, 50, 35, 20, 10, 5, 2, 1, 0])
    share = rng.dirichlet([2, 2, 2], models)
    frames = rng.integers(-4, 5, (models, heads, heads)) * 30.0
    values = {
        "title": np.array([_title(name) for name in names], object),
        "masking_span": np.array([MODELS[name] for name in names]),
        **_with_ends("category_share", share, 0.05),
        "shift": np.where(rng.random(frames.shape) < 0.6, frames, np.nan),
        **_with_ends("r_value", rng.uniform(0.4, 0.8, (models, len(METHODS), 2)), 0.02),
        "r_value_published": np.where(rng.random((models, len(METHODS))) < 0.5, 0.78, np.nan),
        **_with_ends("curve", _falling(rng, probe_corpora, models, len(steps)), 0.03),
        "curve_drop": rng.choice([np.nan, 8.0], (probe_corpora, models)),
        **_with_ends("span_curve", _falling(rng, probe_corpora, models, len(radius)), 0.03),
        "span_curve_drop": rng.choice([np.nan, 10.0], (probe_corpora, models)),
        "removed": steps * heads**2 // 6,
        "metric": np.array(["accuracy"] * probe_corpora, object),
        "higher_is_better": np.full(probe_corpora, True),
        "majority": np.full(probe_corpora, 0.1),
    }
    coords = {"model": names, "category": ("diagonal", "vertical", "global"), "segmenter": METHODS}
    coords |= {
        "mode": ("strict", "lenient"),
        "probe_corpus": [f"{shortest}, corpus-{at}" for at in range(probe_corpora)],
    }
    labels = {name: np.array(of, object) for name, of in coords.items()} | {"radius": radius}
    variables = {name: (VARIABLES[name].dims, of, VARIABLES[name].attrs) for name, of in values.items()}
    attrs = {"kind": KIND, "model": "drawn", "speech": "12 utterances, 4 speakers", "synthetic": 1, "sharp": 0.3}
    attrs |= {"speech_segmented": "9 test utterances"}
    return xr.Dataset(variables, labels).assign_attrs(attrs)


def _title(name):
    model, _, seed = name.upper().partition("-")
    return f"{model}, seed {seed}" if seed else model


def _with_ends(name, value, half):
    return {name: value, f"{name}_interval": np.stack([value - half, value + half], axis=-1)}


def _falling(rng, probe_corpora, models, steps):
    return np.sort(rng.uniform(0.1, 0.6, (probe_corpora, models, steps)), axis=-1)[..., ::-1]
