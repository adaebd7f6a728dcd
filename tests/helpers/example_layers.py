"""What layers hold, of drawn numbers, so that figures and tables are tested without any model."""

from types import SimpleNamespace

import numpy as np
from tests.helpers.example_importance import add_run_coordinates

from otoscope.probing import PROBES
from otoscope.representations.dataset import (
    READERS,
    category_values,
    layer_dataset,
    probe_values,
    similarity_values,
)
from otoscope.results.categories import CATEGORIES, RANKED
from otoscope.statistics.clusters import make_clusters

LAYER_RUNS = {
    "two probes": {"probes": ["phone", "speaker-utterance"], "layers": 12, "heads": 12, "others": 7},
    "2x2": {"probes": ["phone"], "layers": 2, "heads": 2},
    "no probe, one utterance": {"probes": [], "layers": 3, "heads": 1, "utterances": 1},
}


def layers_dataset(probes, layers=6, heads=6, utterances=8, others=0, seed=0):
    rng = np.random.default_rng(seed)
    clusters = make_clusters([f"voice-{u}" for u in range(utterances)], [f"u{u}" for u in range(utterances)])
    names = [*map(str, range(layers + 1)), "log-mel", *(f"against {depth}" for depth in range(others))]
    kinds = rng.normal(size=(2, 30))[rng.integers(2, size=len(names))]
    features = kinds + 0.4 * rng.normal(size=(utterances, len(names), 30))
    values = similarity_values(features @ features.transpose(0, 2, 1), clusters)
    values |= category_values({name: rng.normal(size=(utterances, layers, heads)) for name in RANKED}, clusters)
    labels = {"representation": names, "other": names, "category_name": CATEGORIES}
    if probes:
        right = (
            0.3
            + 0.4 * np.array([1, 0.4, 0.2, 0.1])[None, :, None, None]
            + 0.05 * rng.normal(size=(len(probes), layers + 1, len(READERS), 2, utterances))
        )
        scorers = {name: SimpleNamespace(count=np.full(utterances, 50.0)) for name in probes}
        totals = {name: 50 * right[number] for number, name in enumerate(probes)}
        values |= probe_values({name: PROBES.get(name) for name in probes}, scorers, totals, clusters)
        labels |= {"probe": probes, "depth": range(layers + 1), "reader": READERS}
    return add_run_coordinates(layer_dataset(values, labels, clusters), "layers", layers, heads, utterances)
