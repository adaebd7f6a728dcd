"""Limit the span of each head: short where it attends near by, full where it does not."""

from itertools import pairwise

import numpy as np

from otoscope.refinement.builtin.spans import affordable_savings, choose_spans, lost_by_head
from otoscope.refinement.head_selection import Head
from otoscope.refinement.modeling import limit_spans
from otoscope.refinement.reduction_method import ReductionDraft, ReductionMethod
from otoscope.refinement.surgery import simplified


def apply(draft: ReductionDraft) -> list[Head]:
    """Limit the spans of the heads of a draft; no head goes."""
    n_heads, saved = draft.original.n_heads, affordable_savings(draft)
    mean_heads = sum(n_heads) / len(n_heads)
    lost = np.concatenate(lost_by_head(draft))
    chosen = choose_spans(lost, [share / mean_heads for share in saved], 1 - draft.budget)
    ends = np.cumsum([0, *n_heads])
    limit_spans(draft.model, [simplified(chosen[start:end]) for start, end in pairwise(ends.tolist())])
    return []


METHOD = ReductionMethod(
    name="head-spans",
    doc="Limits the span of each head by how much of its attention is beyond it; heads of one span run together.",
    source="span of Yang, Liu and Lee 2020 (arXiv 2006.03265), for each head",
    apply=apply,
    knows_latency=True,
)
