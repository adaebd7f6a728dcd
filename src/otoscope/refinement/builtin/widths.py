"""Delete heads and feed-forward units, and so whole layers, with the least Fisher scores; the others are rescaled.

They are not where the logits of the whole model are nearer to the original's without it.
"""

from otoscope.refinement.fit_choice import fit_if_nearer
from otoscope.refinement.head_selection import Head
from otoscope.refinement.reduction_method import ReductionDraft, ReductionMethod
from otoscope.refinement.surgery import keep_heads, keep_units
from otoscope.refinement.widths import make_targets, plan_widths, scale_layers


def apply(draft: ReductionDraft) -> list[Head]:
    """Delete heads and units of a draft, and return the heads."""
    plan, targets = plan_widths(draft), make_targets(draft)
    keep_heads(draft.encoder, draft.parts, plan.heads)
    keep_units(draft.encoder, draft.parts, plan.units)
    fit_if_nearer(draft, lambda: scale_layers(draft, targets))
    return list(plan.removed)


METHOD = ReductionMethod(
    name="widths",
    doc="Deletes heads and feed-forward units with the least Fisher scores under one budget; the others are rescaled.",
    source="Kwon et al. 2022 (arXiv 2204.09656)",
    apply=apply,
    knows_latency=True,
)
