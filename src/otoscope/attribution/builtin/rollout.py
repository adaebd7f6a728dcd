"""Attention rollout: mean maps of all layers with the identity for the residual connection, multiplied."""

from otoscope.attribution.attribution import Attribution, AttributionContext
from otoscope.typing import Floats


def score(context: AttributionContext) -> Floats:
    """Return the rollout to each piece, `[n, z]`."""
    return context.pieces.sums(context.attention.rollout)


ATTRIBUTION = Attribution(
    name="rollout",
    doc="Rollout of attention through all layers, from the frames that the output reads.",
    source="Abnar and Zuidema 2020 (arXiv 2005.00928)",
    role="attention",
    function=score,
)
