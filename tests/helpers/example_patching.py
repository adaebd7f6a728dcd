"""Effects of restored heads, of drawn numbers, so that figures and tables are tested without any model."""

import numpy as np
from tests.helpers.example_importance import add_run_coordinates

from otoscope.patching.dataset import patch_dataset
from otoscope.results.categories import CATEGORIES
from otoscope.statistics.clusters import make_clusters

PATCH_RUNS = {
    "two measures": {"measures": ["hidden-error", "phone"], "layers": 12, "heads": 12},
    "2x2": {"measures": ["hidden-error"], "layers": 2, "heads": 2},
    "one utterance": {"measures": ["reconstruction"], "layers": 3, "heads": 4, "utterances": 1},
}


def patching_dataset(measures, layers=6, heads=6, utterances=8, seed=0):
    rng = np.random.default_rng(seed)
    clusters = make_clusters([f"voice-{u}" for u in range(utterances)], [f"u{u}" for u in range(utterances)])
    groups = [*CATEGORIES, *(f"layer {layer}" for layer in range(layers)), "all"]
    clean = rng.uniform(0, 0.1, (utterances, len(measures)))
    drop = rng.normal(0.02, 0.03, (utterances, len(measures), layers, heads))
    drops = {"effect": drop, "exact_effect": drop * 1.1}
    drops["group_effect"] = rng.normal(0.2, 0.1, (utterances, len(measures), len(groups)))
    drops["phone_effect"] = np.stack([drop / 3, drop * 2 / 3], axis=-1)
    by_layer = drop.sum(-1, keepdims=True)
    drops["frame_effect"] = np.concatenate([by_layer * 0.6, by_layer * 0.5, -by_layer * 0.1], axis=-1)
    drops["exact_frame_effect"] = np.where(np.arange(layers)[:, None] == 0, drops["frame_effect"], np.nan)
    category = rng.choice(np.array(CATEGORIES, object), (layers, heads))
    of_layer = np.eye(layers, dtype=bool)[:, :, None].repeat(heads, axis=2)
    members = [*(category == name for name in CATEGORIES), *of_layer, np.ones((layers, heads), bool)]
    extra = {"category": category, "group_member": np.stack(members), "frame_share": np.array([0.1, 0.2, 0.7])}
    labels = {"measure": measures, "group": groups, "phone": ["aa", "s"], "distance": ["changed", "≤50 ms", "beyond"]}
    dataset = patch_dataset((clean, clean + 1), drops, extra, labels, clusters)
    return add_run_coordinates(dataset, "patching", layers, heads, utterances).assign_attrs(corruption="noise:0")
