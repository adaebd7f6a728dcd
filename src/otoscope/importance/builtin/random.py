"""Heads in random order: the control."""

import numpy as np

from otoscope.importance.ranking import Ranking
from otoscope.importance.ranking_context import RankingContext
from otoscope.typing import Floats


def score(context: RankingContext, seed: int) -> Floats:
    """Return draws from [0, 1), uniform, layer by layer."""
    rng = np.random.default_rng(seed)
    return context.pad_heads(rng.random(heads) for heads in context.grid.counts)


RANKING = Ranking(
    name="random",
    doc="A seeded draw: what an order that knows nothing does.",
    units="1",
    source="control",
    prunable_end="low",
    score=score,
    needs_loss=False,
    seeds=(0, 1, 2),
    is_control=True,
)
