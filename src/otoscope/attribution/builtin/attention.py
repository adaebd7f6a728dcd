"""Attention weights of a head from what the output reads to each frame."""

from otoscope.attribution.attribution import Attribution, AttributionContext
from otoscope.typing import Floats


def score(context: AttributionContext) -> Floats:
    """Return the weights on each piece, `[n, layer, head, z]`."""
    return context.pieces.sums(context.attention.attention)


ATTRIBUTION = Attribution(
    name="attention",
    doc="Attention weights of a head, from the frames that the output reads.",
    source="Yang, Liu and Lee 2020 (arXiv 2006.03265)",
    role="attention",
    function=score,
    per_head=True,
)
