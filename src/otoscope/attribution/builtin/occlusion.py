"""Occlusion: the drop of the score if the states of a piece are replaced by the baseline."""

import numpy as np

from otoscope.attribution.attribution import Attribution, AttributionContext
from otoscope.typing import Floats


def score(context: AttributionContext) -> Floats:
    """Return the drop of the score without each piece, `[n, z]`."""
    count = context.pieces.count
    scores_bn = context.scores_without(np.vstack([np.zeros(count, bool), np.eye(count, dtype=bool)]))
    return (scores_bn[0] - scores_bn[1:]).T


ATTRIBUTION = Attribution(
    name="occlusion",
    doc="Drop of the score if a piece is replaced by the baseline.",
    source="Zeiler and Fergus 2014 (arXiv 1311.2901)",
    role="relevance",
    function=score,
)
