"""Heads chosen under a budget of multiplications, without training (Kwon et al. 2022, arXiv 2204.09656).

Heads remain by the diagonal of the Fisher matrix of gates on them, rearranged within each layer by its block, and
those that stay are scaled so that each layer's attention gives by least squares what it gave.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from otoscope.importance.ranking import order
from otoscope.refinement.head_selection import Head
from otoscope.refinement.macs import ATTENTION, FEED_FORWARD, FRONT, PROJECTIONS, count_macs
from otoscope.refinement.modeling import refined_encoder
from otoscope.refinement.reduction_method import ReductionDraft
from otoscope.refinement.rescale import Scales, rescale
from otoscope.refinement.surgery import keep_heads
from otoscope.typing import Floats

SMALLEST_COST = 1e-6  # of the latency, so that a part whose time is below the noise has a cost


@dataclass(frozen=True)
class Costs:
    """Share of a model's multiplications or latency that is left without any head, and that each head adds."""

    fixed: float
    head: float


def within_budget(draft: ReductionDraft) -> tuple[list[Head], Scales]:
    """Heads to remove so that at most the budget of the multiplications stays, and scales of those that stay.

    Raises:
        InputError: no removal reaches the budget; the model has no heads left.
    """
    encoder, budget, span = draft.original, draft.budget, draft.span
    encoder.check_heads()
    cost, total = costs(draft), sum(encoder.n_heads)
    affordable = math.floor((budget - cost.fixed) / cost.head + 1e-9)
    if affordable < 0:
        raise draft.unreachable(cost.fixed, "head")
    removed = search(draft.sample.gradients, total - min(affordable, total))
    return removed, rescale(encoder, [batch.inputs for batch in draft.sample.batches], removed, span)


def costs(draft: ReductionDraft) -> Costs:
    """What heads cost, under the span of a draft."""
    encoder, total = draft.original, sum(draft.original.n_heads)
    if draft.latency is not None:
        whole, fixed = draft.latency_without("nothing"), latency_without_heads(draft)
        return Costs(fixed, max(whole - fixed, SMALLEST_COST) / total)
    whole = draft.original_macs
    after = count_macs(encoder, draft.seconds, draft.span)
    return Costs(
        fixed=(after[FRONT] + after[FEED_FORWARD]) / whole,
        head=(after[PROJECTIONS] + after[ATTENTION]) / whole / total,
    )


def latency_without_heads(draft: ReductionDraft) -> float:
    """Return the share of the latency that stays without any head."""
    nothing: list[list[int]] = [[] for _ in draft.original.n_heads]
    return draft.latency_without("heads", lambda model: keep_heads(refined_encoder(model), draft.parts, nothing))


def search(gradients: Floats, count: int) -> list[Head]:
    """`count` heads to remove, of gradients `[utterance, layer, head]` (NaN where a layer lacks a head)."""
    fisher = np.square(gradients).mean(axis=0)
    removed = set(order(fisher)[::-1][:count])
    for layer in range(gradients.shape[1]):
        inside = {head for at, head in removed if at == layer}
        present = np.flatnonzero(~np.isnan(gradients[0, layer])).tolist()
        of_layer = gradients[:, layer, :]
        better = rearrange(of_layer.T @ of_layer / len(of_layer), inside, set(present) - inside)
        removed = {head for head in removed if head[0] != layer} | {(layer, head) for head in better}
    return sorted(removed)


def rearrange(fisher: Floats, removed: set[int], remaining: set[int]) -> set[int]:
    """As many heads of one layer, exchanged one by one while the expected harm `1_R' F 1_R` becomes less.

    >>> F = np.array([[1.0, 1.0, 0.0], [1.0, 1.1, 0.0], [0.0, 0.0, 1.2]])
    >>> sorted(rearrange(F, {0, 1}, {2}))
    [0, 2]
    """
    best, harm = removed, _harm(fisher, removed)
    for other in _exchanges(removed, remaining):
        if (less := _harm(fisher, other)) < harm * (1 - 1e-9):
            best, harm = other, less
    return best if best == removed else rearrange(fisher, best, (remaining | removed) - best)


def _exchanges(removed: set[int], remaining: set[int]) -> Iterator[set[int]]:
    for out, back in product(sorted(remaining), sorted(removed)):
        yield removed - {back} | {out}


def _harm(fisher: Floats, removed: set[int]) -> float:
    index = sorted(removed)
    return float(fisher[np.ix_(index, index)].sum())
