"""Heads by the Fisher information of a gate on each."""

import numpy as np

from otoscope.importance.ranking import Ranking
from otoscope.importance.ranking_context import RankingContext
from otoscope.typing import Floats


def score(context: RankingContext, seed: int) -> Floats:
    """Return `(dL/dm_h)^2` of each utterance; the mean is the diagonal of the empirical Fisher matrix."""
    return np.square(context.gradients)


RANKING = Ranking(
    name="fisher",
    doc="Mean square of the loss's gradient to a gate on the head: heads whose removal is expected to cost most first.",
    units="loss^2",
    source="Kwon et al. 2022 (arXiv 2204.09656), section 4.1",
    prunable_end="low",
    score=score,
)
