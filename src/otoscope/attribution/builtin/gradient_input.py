"""Gradient times input: the gradient of the score times the difference of a state from the baseline."""

from otoscope.attribution.attribution import Attribution, AttributionContext
from otoscope.typing import Floats


def score(context: AttributionContext) -> Floats:
    """Return `<ds/dx, x - baseline>` of each piece, `[n, z]`: the drop of the score to first order."""
    (gradient_nbtd,) = context.gradients(context.states.states_td[None])
    return context.products(gradient_nbtd[:, 0])


ATTRIBUTION = Attribution(
    name="gradient-input",
    doc="Gradient of the score times the difference of the input from the baseline.",
    source="Shrikumar et al. 2016 (arXiv 1605.01713)",
    role="relevance",
    function=score,
)
