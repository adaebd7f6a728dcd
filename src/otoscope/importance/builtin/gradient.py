"""Heads by how steeply the loss changes as each is turned down."""

import numpy as np

from otoscope.importance.ranking import Ranking
from otoscope.importance.ranking_context import RankingContext
from otoscope.typing import Floats


def score(context: RankingContext, seed: int) -> Floats:
    """Return `|<dL/dc_h, c_h>|` of each utterance, where `c_h` is the head's context on the whole utterance."""
    return np.abs(context.gradients)


RANKING = Ranking(
    name="gradient",
    doc="Mean size of the loss's gradient to a gate on the head: heads to which the loss is most sensitive first.",
    units="loss",
    source="Michel, Levy and Neubig 2019 (arXiv 1905.10650), equation 2",
    prunable_end="low",
    score=score,
)
