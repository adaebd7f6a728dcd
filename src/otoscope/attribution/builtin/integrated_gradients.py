"""Integrated gradients: mean gradient on the line from the baseline to the input, times their difference."""

import torch

from otoscope.attribution.attribution import Attribution, AttributionContext
from otoscope.typing import Floats

STEPS = 8


def score(context: AttributionContext) -> Floats:
    """Return the scores of each piece, `[n, z]`; over all pieces they sum to the drop of the score without them.

    The integral is the mean at the middles of `STEPS` equal steps.
    """
    states_td, baseline_td = context.states.states_td, context.baseline_td
    share_b = (torch.arange(STEPS).to(states_td) + 0.5) / STEPS
    line_btd = baseline_td + share_b[:, None, None] * (states_td - baseline_td)
    total_ntd = torch.stack([gradient_nbtd.sum(1) for gradient_nbtd in context.gradients(line_btd)]).sum(0)
    return context.products(total_ntd / STEPS)


ATTRIBUTION = Attribution(
    name="integrated-gradients",
    doc="Mean gradient from the baseline to the input, times their difference.",
    source="Sundararajan et al. 2017 (arXiv 1703.01365)",
    role="relevance",
    function=score,
)
