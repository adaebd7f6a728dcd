"""Runs of dynamics from drawn numbers, so that their figures are tested without any training."""

import numpy as np

from otoscope.runs.speech_source import SpeechSource
from otoscope.training_dynamics.dynamics import dynamics_dataset
from otoscope.training_dynamics.snapshot import STATISTICS

DYNAMICS = {
    "6x8": {"layers": 6, "heads": 8, "steps": 20},
    "2x2": {"layers": 2, "heads": 2, "steps": 4},
    "24x16": {"layers": 24, "heads": 16, "steps": 3},
}
CATEGORIES = np.array(["global", "vertical", "diagonal"])
SHAPES = np.array(["uniform", "vertical", "diagonal", "mixed"])


def snapshot(layers=2, heads=2, seed=0):
    """Arrays of one step."""
    rng = np.random.default_rng(seed)
    arrays = {name: rng.normal(size=(layers, heads)) for name in STATISTICS}
    arrays |= {f"{name}_interval": arrays[name][..., None] + [-0.1, 0.1] for name in STATISTICS}
    arrays["category"] = CATEGORIES[rng.integers(0, 3, (layers, heads))]
    arrays["shape"] = SHAPES[rng.integers(0, 4, (layers, heads))]
    arrays["overview"] = rng.random((layers, heads, 8, 8)).astype(np.float16)
    return arrays | {"utterance": np.array("a"), "clusters": np.array("4 speakers"), "skipped": np.array("[]")}


def drawn_dynamics(layers, heads, steps, seed=0):
    snapshots = {500 * step: snapshot(layers, heads, seed + step) for step in range(steps)}
    return dynamics_dataset(snapshots, "drawn", SpeechSource("drawn")).assign_attrs(synthetic=1)
