"""Scales of the heads that stay, so that each layer's attention gives by least squares what it gave with all heads.

Axes: b utterance, h head, t frame, d feature.
"""

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import NO_INTERVENTION, Intervention, attend_with
from otoscope.models.capture import forward_inputs
from otoscope.models.encoder import Encoder
from otoscope.refinement.head_selection import Head
from otoscope.refinement.layouts import LAYOUTS
from otoscope.refinement.surgery import blocks

Inputs = Sequence[Mapping[str, Tensor]]
Scales = list[Tensor]
"""One number for each head of each layer, 0 where it is removed."""

LARGEST = 10.0  # a layer whose scales go beyond keeps scales of one, as in the method
DAMPING = 1e-4  # of the mean square


@torch.inference_mode()
def rescale(encoder: Encoder, inputs: Inputs, removed: Collection[Head], span: int | None) -> Scales:
    """Scales `[layer][H]`, found from the first layer to the last, each with the scales of those before it."""
    scales = [torch.ones(heads, dtype=torch.float64) for heads in encoder.n_heads]
    for layer, head in removed:
        scales[layer][head] = 0
    outputs = output_weights(encoder)
    intact = [_intact(encoder, batch, outputs) for batch in inputs]
    for layer, scale in enumerate(scales):
        remaining = scale.nonzero().flatten()
        equations = [
            _normal_equations(_contributions(encoder, batch, layer, scales, span, outputs)[remaining], before[layer])
            for batch, before in zip(inputs, intact, strict=True)
        ]
        scale[remaining] = solve(*(torch.stack(terms).sum(0) for terms in zip(*equations, strict=True)))
    return scales


def solve(gram_hh: Tensor, product_h: Tensor) -> Tensor:
    """Least squares from its normal equations, drawn a little towards scales of one; one where they go too far.

    >>> solve(torch.eye(2).double(), torch.tensor([2.0, 20.0]).double()).tolist()
    [1.0, 1.0]
    """
    if not len(product_h):
        return product_h
    damping = DAMPING * gram_hh.diagonal().mean()
    damped = gram_hh + damping * torch.eye(len(product_h), dtype=gram_hh.dtype)
    solved = torch.linalg.solve(damped, product_h + damping)
    return solved if solved.abs().max() <= LARGEST else torch.ones_like(solved)


def _normal_equations(parts_hx: Tensor, target_x: Tensor) -> tuple[Tensor, Tensor]:
    return parts_hx @ parts_hx.T, parts_hx @ target_x


def _intact(encoder: Encoder, inputs: Mapping[str, Tensor], outputs: Sequence[Tensor]) -> list[Tensor]:
    """What all heads of each layer together give, flat."""
    given: list[Tensor] = []

    def answer(call: AttentionCall) -> Tensor:
        context_bthd = attend_with(NO_INTERVENTION, call, call.layer)[0]
        given.append(torch.einsum("bthd,hdo->bto", context_bthd, outputs[call.layer]).flatten().double())
        return context_bthd

    forward_inputs(encoder, inputs, answer)
    return given


def _contributions(
    encoder: Encoder,
    inputs: Mapping[str, Tensor],
    layer: int,
    scales: Scales,
    span: int | None,
    outputs: Sequence[Tensor],
) -> Tensor:
    """What each head of one layer gives, `[H, B * T * d]`, when heads are scaled in the layers before it."""
    given: list[Tensor] = []

    def answer(call: AttentionCall) -> Tensor:
        context_bthd = attend_with(Intervention(radius=span), call, call.layer)[0]
        if call.layer == layer:
            given.append(torch.einsum("bthd,hdo->hbto", context_bthd, outputs[layer]).flatten(1).double())
        return context_bthd * scales[call.layer].to(context_bthd)[:, None]

    forward_inputs(encoder, inputs, answer)
    return given[0]


def output_weights(encoder: Encoder) -> list[Tensor]:
    """`[H, size, d]` of each layer's output projection."""
    parts = LAYOUTS[encoder.family.model_type]
    weights = [
        encoder.model.get_submodule(name).get_submodule(parts.output).weight for name in blocks(encoder.model, parts)
    ]
    size = max(weight.shape[1] // max(heads, 1) for weight, heads in zip(weights, encoder.n_heads, strict=True))
    return [weight.T.reshape(heads, size, len(weight)) for weight, heads in zip(weights, encoder.n_heads, strict=True)]
