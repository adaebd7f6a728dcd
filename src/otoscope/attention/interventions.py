"""Change a model while it runs: remove heads, limit the attention span, replace outputs and patterns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.inputs import AttentionOptions
from otoscope.attention.kernels.torch_tiles import attend
from otoscope.attention.labels import Labels
from otoscope.attention.output_changes import OutputChange, change_outputs
from otoscope.attention.pattern_changes import HeadsCall, PatternChange, is_forbidden, order_of_heads, split_call
from otoscope.attention.reduction_names import REQUIRES_MODEL, VALUE_NORM
from otoscope.attention.reductions import Reductions
from otoscope.attention.value_norms import with_value_norms
from otoscope.errors import InputError


@dataclass(frozen=True)
class HeadFactors:
    """Factors of one head.

    Attributes:
        layer, head: the head.
        scale: factor of its context.
        temperature: divisor of its scores, above 0.
    """

    layer: int
    head: int
    scale: float = 1.0
    temperature: float = 1.0


@dataclass(frozen=True)
class Intervention:
    """A change of the attention of a model.

    Attributes:
        removed: heads `(layer, head)` whose context is zero.
        radius: queries attend to keys at most so many frames away; None: to all keys.
        renormalise: whether rows sum to one over the keys within the radius; otherwise the other weights are set to
            zero after the softmax.
        outputs: replacements of outputs, in their order; heads in `removed` are zero after all of them.
        patterns: changes of attention patterns, in their order, before the span is limited.
        factors: scales and temperatures of heads, before any other change.
    """

    removed: frozenset[tuple[int, int]] = frozenset()
    radius: int | None = None
    renormalise: bool = True
    outputs: tuple[OutputChange, ...] = ()
    patterns: tuple[PatternChange, ...] = ()
    factors: tuple[HeadFactors, ...] = ()

    @property
    def settings(self) -> dict[str, Any]:
        """Return what records of a run store; changes of outputs and patterns only if there are some."""
        settings = {
            "removed": sorted(list(head) for head in self.removed),
            "radius": self.radius,
            "renormalise": self.renormalise,
        }
        outputs = [[change.block, change.kind, sorted(map(list, change.units))] for change in self.outputs]
        patterns = [[change.name, sorted(map(list, change.heads))] for change in self.patterns]
        factors = [[each.layer, each.head, each.scale, each.temperature] for each in self.factors]
        changes = {"outputs": outputs, "patterns": patterns, "factors": factors}
        return settings | {name: change for name, change in changes.items() if change}


NO_INTERVENTION = Intervention()
MAX_SPAN_FRAMES = 10**6  # hours of speech, and small enough for integer arithmetic


def check_span(frames: int) -> None:
    """Raise InputError for a span that is longer than any utterance."""
    if frames > MAX_SPAN_FRAMES:
        raise InputError(
            f"expected a span of at most {MAX_SPAN_FRAMES} frames, got {frames}; omit it to attend to all keys"
        )


@dataclass(frozen=True)
class ReductionRequest:
    """What to compute of the attention of each utterance.

    Attributes:
        needs: names of the reductions.
        labels: the phones of the frames, if a reduction needs them.
        context_alone: no reductions are ever requested of this attention, so torch's own may compute the context. The
            bits of a context never depend on what is measured.
    """

    needs: frozenset[str] = frozenset()
    labels: Sequence[Labels] | None = None
    context_alone: bool = False


NO_REDUCTIONS = ReductionRequest()


def attend_with(
    intervention: Intervention, call: AttentionCall, layer: int, request: ReductionRequest = NO_REDUCTIONS
) -> tuple[Tensor, list[Reductions]]:
    """Return the context `[B, T, H, d]` of a call under an intervention, and the requested reductions per utterance.

    `attention_outside` is not computed here: `otoscope.attention.crop` does.

    Raises:
        InputError: value norms are requested of a layer whose output projection is unknown.
    """
    call = with_factors(intervention, call, layer)
    parts = split_call(intervention.patterns, call, layer)
    results = [_attend_part(intervention, part.call, request) for part in parts]
    context_bthd, reductions = results[0] if len(parts) == 1 else merge_heads(parts, results)
    if VALUE_NORM in request.needs:
        reductions = with_value_norms(reductions, call)
    for change in intervention.outputs:
        if change.block == "heads":
            change_outputs(change, layer, context_bthd, call.lengths, call.speech)
    context_bthd[:, :, [head for removed_layer, head in intervention.removed if removed_layer == layer]] = 0
    return context_bthd, reductions


Attended = tuple[Tensor, list[Reductions]]
"""The context `[B, T, H, d]` of a call, and the reductions of each utterance."""


def _attend_part(intervention: Intervention, call: AttentionCall, request: ReductionRequest) -> Attended:
    options = AttentionOptions(
        scaling=call.scaling,
        lengths=call.lengths,
        bias=call.bias_bhqk,
        radius=intervention.radius,
        renormalise=intervention.renormalise,
        span=call.span,
        needs=request.needs - REQUIRES_MODEL,
        labels=request.labels,
        context_alone=request.context_alone,
    )
    return attend(call.query_bhtd, call.key_bhtd, call.value_bhtd, options)


def merge_heads(parts: Sequence[HeadsCall], results: Sequence[Attended]) -> Attended:
    """Return the results of calls of some heads each as those of one call of all heads."""
    order = order_of_heads(parts)
    contexts = [context_bthd for context_bthd, _ in results]
    merged = [_merge_reductions(utterance, order) for utterance in zip(*(each for _, each in results), strict=True)]
    return torch.cat(contexts, dim=2)[:, :, order.to(contexts[0].device)], merged


def _merge_reductions(parts: Sequence[Reductions], order: Tensor) -> Reductions:
    return Reductions(**dict(_merged_fields(parts, order)))


def _merged_fields(parts: Sequence[Reductions], order: Tensor) -> Iterator[tuple[str, Any]]:
    for field in fields(Reductions):
        values = [getattr(part, field.name) for part in parts]
        is_by_head = isinstance(values[0], Tensor)
        yield field.name, torch.cat(values)[order.to(values[0].device)] if is_by_head else values[0]


def with_factors(intervention: Intervention, call: AttentionCall, layer: int) -> AttentionCall:
    """Return a call whose scores are divided by temperatures, and whose values are multiplied by scales.

    The bias of keys that the model forbids stays, so that changes of patterns recognise these keys.
    """
    factors = [each for each in intervention.factors if each.layer == layer]
    if not factors:
        return call
    scale_h, temperature_h = call.query_bhtd.new_ones(2, call.query_bhtd.shape[1])
    for each in factors:
        scale_h[each.head], temperature_h[each.head] = each.scale, each.temperature
    per_head = temperature_h[:, None, None]
    bias = call.bias_bhqk
    if bias is not None:
        bias = torch.where(is_forbidden(bias), bias, bias / per_head)
    return replace(
        call, query_bhtd=call.query_bhtd / per_head, value_bhtd=call.value_bhtd * scale_h[:, None, None], bias_bhqk=bias
    )
