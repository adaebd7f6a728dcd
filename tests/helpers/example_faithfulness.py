"""Agreements and deletion curves of drawn numbers, so that figures and tables are tested without any model."""

import numpy as np
from tests.helpers.example_importance import add_run_coordinates

from otoscope.attribution.dataset import RANDOM, Measured, faithfulness_dataset
from otoscope.attribution.deletion import FRACTIONS
from otoscope.results.categories import CATEGORIES
from otoscope.statistics.clusters import make_clusters

FAITHFULNESS_RUNS = {
    "all attributions": {"layers": 12, "heads": 12},
    "2x2": {"layers": 2, "heads": 2},
    "one utterance": {"layers": 3, "heads": 4, "utterances": 1},
}
LABELS = {
    "relevance": ["gradient-input", "integrated-gradients", "occlusion"],
    "score": ["attention", "attention-norm"],
    "order": [RANDOM, "distance", "gradient-input", "integrated-gradients", "occlusion", "rollout", "value-zeroing"],
}


def faithfulness_run(layers=6, heads=6, utterances=8, seed=0):
    rng = np.random.default_rng(seed)
    u, r, s, o = utterances, *(len(labels) for labels in LABELS.values())
    ids = [f"u{number}" for number in range(u)]
    category = np.resize(np.array(CATEGORIES, object), (layers, heads))
    members = {**{name: category == name for name in CATEGORIES}, "all": np.ones((layers, heads), bool)}
    fall = np.exp(-np.outer(rng.uniform(1, 6, o + s * layers * heads), FRACTIONS))
    left = 2 * fall * rng.uniform(0.9, 1.1, (u, 1, 1))
    agreement = rng.normal(0.2, 0.1, (u, r, s, layers, heads))
    rows = {
        "agreement": agreement,
        "agreement_beyond_distance": agreement - 0.1,
        "order_agreement": rng.normal(0.3, 0.1, (u, r, o)),
        "left": left[:, :o],
        "head_left": left[:, o:].reshape(u, s, layers, heads, len(FRACTIONS)),
        "answers": np.full(u, 3),
    }
    measured = Measured(rows, members, make_clusters([f"voice-{number}" for number in range(u)], ids))
    shape = np.full((layers, heads), "mixed", object)
    dataset = faithfulness_dataset(measured, {"category": category, "shape": shape}, LABELS)
    return add_run_coordinates(dataset, "faithfulness", layers, heads, utterances).assign_attrs(
        output="probe", unit="probability", piece=0.06, not_measured={}
    )
