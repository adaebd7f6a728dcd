"""Heads in random order: the control."""

import numpy as np

from otoscope.importance.ranking import Floats, Ranking
from otoscope.importance.ranking_context import Subject


def score(subject: Subject, seed: int) -> Floats:
    """Uniform in [0, 1), drawn layer by layer."""
    rng = np.random.default_rng(seed)
    return subject.on_grid(rng.random(heads) for heads in subject.encoder.n_heads)


RANKING = Ranking(
    name="random",
    doc="A seeded draw: what an order that knows nothing does.",
    units="1",
    source="control",
    dispensable="low",
    score=score,
    needs_loss=False,
    seeds=(0, 1, 2),
)
