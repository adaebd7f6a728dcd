"""Delete heads with the least Fisher scores; the remaining heads are rescaled by least squares."""

from otoscope.refinement.budget import within_budget
from otoscope.refinement.fit_choice import fit_if_nearer
from otoscope.refinement.head_selection import Head, remaining_heads
from otoscope.refinement.reduction_method import ReductionDraft, ReductionMethod
from otoscope.refinement.surgery import keep_heads, scale_heads


def apply(draft: ReductionDraft) -> list[Head]:
    """Delete heads of a draft, and return them."""
    removed, scales = within_budget(draft)
    remaining = remaining_heads(removed, draft.original.n_heads)
    keep_heads(draft.encoder, draft.parts, remaining)
    of_remaining = [scale[list(heads)] for scale, heads in zip(scales, remaining, strict=True)]
    fit_if_nearer(draft, lambda: scale_heads(draft.encoder, draft.parts, of_remaining))
    return removed


METHOD = ReductionMethod(
    name="heads",
    doc="Deletes heads with the least Fisher scores, rearranged within layers; the others are rescaled.",
    source="Kwon et al. 2022 (arXiv 2204.09656)",
    apply=apply,
    knows_latency=True,
)
