"""Fisher scores of feed-forward units, and how many heads and units a budget leaves (Kwon et al. 2022)."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from otoscope.importance.loss import Batch
from otoscope.models.capture import forward_inputs
from otoscope.models.head_gates import context
from otoscope.refinement.budget import SMALLEST_COST, latency_without_heads
from otoscope.refinement.macs import ATTENTION, PROJECTIONS
from otoscope.refinement.modeling import refined_encoder
from otoscope.refinement.reduction_method import ReductionDraft
from otoscope.refinement.surgery import blocks, feed_forward, keep_units, layer_names
from otoscope.runs.progress import progress
from otoscope.typing import Floats


@dataclass(frozen=True)
class WidthCosts:
    """Shares of the original's multiplications: what stays without heads and units, and what each of them adds."""

    fixed: float
    head: float
    unit: float


def unit_gradients(draft: ReductionDraft) -> list[Floats]:
    """Return the gradient of the loss of each utterance by a gate on each unit, `[utterance, unit]` of each layer."""
    batches = draft.sample.batches
    with progress("taking gradients of units", sum(batch.seconds for batch in batches)) as on_progress:
        rows = []
        for batch in batches:
            rows.append(_batch_gradients(draft, batch))
            on_progress(batch.seconds)
    return [np.concatenate(layer) for layer in zip(*rows, strict=True)]


def _batch_gradients(draft: ReductionDraft, batch: Batch) -> list[Floats]:
    encoder, parts = draft.original, draft.parts
    downs = [feed_forward(encoder.model, parts, name)[1] for name in layer_names(encoder.model, parts)]
    gates = [torch.ones(len(batch.lengths), 1, down.in_features, requires_grad=True) for down in downs]
    with ExitStack() as hooks:
        for down, gate in zip(downs, gates, strict=True):
            hooks.enter_context(down.register_forward_pre_hook(UnitGate(gate)))
        hidden = batch.hidden(forward_inputs(encoder, batch.inputs, context))
    gradients = torch.autograd.grad(batch.gradient_target(hidden).sum(), gates)
    return [gradient[:, 0].double().numpy() for gradient in gradients]


@dataclass(frozen=True, eq=False)
class UnitGate:
    """Multiplies units by a gate `[B, 1, U]`."""

    gate_b1u: Tensor

    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the gated input of a linear map."""
        return (inputs[0] * self.gate_b1u, *inputs[1:])


def width_costs(draft: ReductionDraft) -> WidthCosts:
    """Return what heads and units of a draft cost; a unit of all layers costs the same."""
    if draft.latency is not None:
        return _latency_costs(draft)
    macs, encoder = draft.macs(), draft.encoder
    weights = [_weights_of_block(encoder.get_submodule(name), draft) for name in blocks(encoder, draft.parts)]
    frames = macs[PROJECTIONS] / max(sum(weights), 1)
    downs = [feed_forward(encoder, draft.parts, name)[1] for name in layer_names(encoder, draft.parts)]
    units, width = sum(down.in_features for down in downs), downs[0].out_features
    of_heads, of_units = macs[PROJECTIONS] + macs[ATTENTION], 2 * frames * width * units
    total = draft.original_macs
    return WidthCosts(
        fixed=(sum(macs.values()) - of_heads - of_units) / total,
        head=of_heads / total / max(sum(draft.original.n_heads), 1),
        unit=of_units / total / max(units, 1),
    )


def _latency_costs(draft: ReductionDraft) -> WidthCosts:
    layers = layer_names(draft.encoder, draft.parts)
    nothing: list[list[int]] = [[] for _ in layers]
    count = sum(feed_forward(draft.encoder, draft.parts, name)[1].in_features for name in layers)
    without_units = draft.latency_without(
        "units", lambda model: keep_units(refined_encoder(model), draft.parts, nothing)
    )
    whole = draft.latency_without("nothing")
    of_heads = max(whole - latency_without_heads(draft), SMALLEST_COST)
    of_units = max(whole - without_units, SMALLEST_COST)
    return WidthCosts(whole - of_heads - of_units, of_heads / max(sum(draft.original.n_heads), 1), of_units / count)


def _weights_of_block(block: Any, draft: ReductionDraft) -> int:
    names = (*draft.parts.inputs, draft.parts.output)
    return sum(block.get_submodule(name).weight.numel() for name in names)


def best_counts(heads: Floats, units: Floats, budget: float, costs: WidthCosts) -> tuple[int, int] | None:
    """Return how many heads and units to keep so that the Fisher scores of the others are least; None if none fit.

    Args:
        heads, units: scores, from the highest to the lowest.
        budget: share of the multiplications.
        costs: shares of each.

    Examples:
        >>> costs = WidthCosts(fixed=0.2, head=0.2, unit=0.1)
        >>> best_counts(np.array([5.0, 1.0]), np.array([3.0, 2.0, 0.5]), 0.6, costs)
        (1, 2)
    """
    choices = []
    for kept_heads in range(len(heads) + 1):
        left = budget - costs.fixed - kept_heads * costs.head
        if left < -1e-9:
            break
        kept_units = min(int(left / costs.unit + 1e-9), len(units))
        choices.append((heads[kept_heads:].sum() + units[kept_units:].sum(), kept_heads, kept_units))
    return min(choices)[1:] if choices else None


def highest_units(scores: Sequence[Floats], count: int) -> list[list[int]]:
    """Return the units of each layer that are among the `count` with the highest scores of all layers.

    >>> highest_units([np.array([3.0, 1.0]), np.array([2.0, 5.0])], 2)
    [[0], [1]]
    """
    order = np.argsort(-np.concatenate(scores), kind="stable")[:count]
    ends = np.cumsum([0, *map(len, scores)])
    return [sorted((order[(order >= start) & (order < end)] - start).tolist()) for start, end in pairwise(ends)]
