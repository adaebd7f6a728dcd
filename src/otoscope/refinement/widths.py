"""How many heads and feed-forward units each layer keeps under a budget, and the fit of what they give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from otoscope.errors import InputError
from otoscope.refinement.budget import search
from otoscope.refinement.head_selection import Head, remaining_heads
from otoscope.refinement.layer_fit import (
    FitSample,
    NormalEquations,
    make_fit_sample,
    normal_equations,
    original_outputs,
    refit,
    scale_equations,
    set_linear,
)
from otoscope.refinement.reduction_method import ReductionDraft
from otoscope.refinement.rescale import solve
from otoscope.refinement.surgery import blocks, layer_names, shape_of
from otoscope.refinement.units import best_counts, highest_units, unit_gradients, width_costs
from otoscope.typing import Floats


@dataclass(frozen=True, eq=False)
class WidthPlan:
    """What stays under a budget.

    Attributes:
        removed: heads that go.
        heads, units: those that stay in each layer.
        head_scores: Fisher score of each head `[layer, head]`, NaN without a head.
        unit_scores: Fisher score of each unit `[unit]` of each layer.
    """

    removed: Sequence[Head]
    heads: Sequence[Sequence[int]]
    units: Sequence[Sequence[int]]
    head_scores: Floats
    unit_scores: Sequence[Floats]


def plan_widths(draft: ReductionDraft) -> WidthPlan:
    """Return the heads and units that stay, by Fisher scores under one budget.

    Raises:
        InputError: the budget cannot be reached, or layers have several feed-forward parts.
    """
    if not draft.parts.feed_forward:
        raise InputError(
            f"{draft.original.name} has several feed-forward parts in a layer, which cannot become narrower; choose "
            "--method heads"
        )
    gradients = draft.sample.gradients
    head_scores = np.square(gradients).mean(axis=0)
    unit_scores = [np.square(each).mean(axis=0) for each in unit_gradients(draft)]
    heads, units = _descending(head_scores), _descending(np.concatenate(unit_scores))
    costs = width_costs(draft)
    counts = best_counts(heads, units, draft.budget, costs)
    if counts is None:
        raise draft.unreachable(costs.fixed, "head and unit")
    removed = search(gradients, len(heads) - counts[0])
    remaining = remaining_heads(removed, draft.original.n_heads)
    return WidthPlan(removed, remaining, highest_units(unit_scores, counts[1]), head_scores, unit_scores)


def _descending(scores: Floats) -> Floats:
    return np.sort(scores[~np.isnan(scores)])[::-1]


@dataclass(frozen=True, eq=False)
class LayerTargets:
    """What the linear maps after heads and after units give in the original, on some speech.

    Attributes:
        sample: the speech.
        outputs: targets `[N, o]` of each batch by the name of a linear map.
        attention, feed_forward: names of the maps after heads and after units, layer by layer.
    """

    sample: FitSample
    outputs: dict[str, list[Tensor]]
    attention: Sequence[str]
    feed_forward: Sequence[str]

    def equations(self, model: Any, name: str) -> NormalEquations:
        """Return the normal equations of a linear map of a reduced model."""
        return normal_equations(model, name, self.sample, self.outputs[name])

    def fit(self, model: Any, name: str) -> None:
        """Fit a linear map of a reduced model to its targets, in place."""
        linear, equations = model.get_submodule(name), self.equations(model, name)
        set_linear(linear, refit(equations, linear.weight), equations)


def make_targets(draft: ReductionDraft) -> LayerTargets:
    """Run the original, and return what its layers give."""
    parts, model, sample = draft.parts, draft.original.model, make_fit_sample(draft)
    attention = [f"{name}.{parts.output}" for name in blocks(model, parts)]
    feed_forward = (
        [f"{name}.{parts.feed_forward[1]}" for name in layer_names(model, parts)] if parts.feed_forward else []
    )
    return LayerTargets(sample, original_outputs(draft, [*attention, *feed_forward], sample), attention, feed_forward)


@torch.no_grad()
def scale_layers(draft: ReductionDraft, targets: LayerTargets) -> None:
    """Scale what heads and units give, from the first layer to the last, so that each layer gives what it gave."""
    heads = shape_of(draft.encoder, draft.parts).heads
    for attention, feed_forward, count in zip(targets.attention, targets.feed_forward, heads, strict=True):
        _scale(draft.encoder, attention, targets, count)
        _scale(draft.encoder, feed_forward, targets)


def _scale(encoder: Any, name: str, targets: LayerTargets, groups: int | None = None) -> None:
    """Scale each of some equal groups of inputs of a linear map; None: each input."""
    linear, equations = encoder.get_submodule(name), targets.equations(encoder, name)
    size = 1 if groups is None else linear.in_features // max(groups, 1)
    factors = solve(*scale_equations(equations, linear.weight, max(size, 1)))
    set_linear(linear, linear.weight * factors.to(linear.weight).repeat_interleave(max(size, 1)), equations)
