"""Multiply the context of each head by a gate, with gradients with respect to the gates.

Axes: b utterance, h head, t frame, q query, k key, d feature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from otoscope.attention.call import AttentionCall
from otoscope.attention.local_attention import local_attention
from otoscope.attention.pattern_changes import is_forbidden
from otoscope.models.capture import forward_inputs
from otoscope.models.encoder import Encoder


def make_gates(encoder: Encoder, batch: int) -> list[Tensor]:
    """Return gates `[batch, H]` of each layer, all one, that require gradients."""
    options = {"dtype": encoder.model.dtype, "device": encoder.device, "requires_grad": True}
    return [torch.ones(batch, heads, **options) for heads in encoder.n_heads]


def forward_gated(encoder: Encoder, inputs: Mapping[str, Tensor], gates_bh: list[Tensor]) -> Tensor:
    """Return final hidden states `[B, T, d]` with the context of each head multiplied by its gate.

    The gradient of a loss with respect to a gate of one is `<dL/dc_h, c_h>`, summed over frames (Michel et al. 2019).
    """

    def handler(call: AttentionCall) -> Tensor:
        return context(call) * gates_bh[call.layer][:, None, :, None]

    return forward_inputs(encoder, inputs, handler)


def forward_tempered(
    encoder: Encoder, inputs: Mapping[str, Tensor], scales_h: Sequence[Tensor], temperatures_h: Sequence[Tensor]
) -> Tensor:
    """Return final hidden states `[B, T, d]` with scales of contexts and temperatures of scores, `[H]` of each layer.

    They are those of `HeadFactors`; gradients flow to them.
    """

    def handler(call: AttentionCall) -> Tensor:
        per_head = temperatures_h[call.layer][:, None, None]
        bias = call.bias_bhqk
        if bias is not None:
            bias = torch.where(is_forbidden(bias), bias, bias / per_head)
        tempered = replace(call, query_bhtd=call.query_bhtd / per_head, bias_bhqk=bias)
        return context(tempered) * scales_h[call.layer][:, None]

    return forward_inputs(encoder, inputs, handler)


def context(call: AttentionCall) -> Tensor:
    """Return the context `[B, T, H, d]` of a call by operations with gradients; padded rows are not zero."""
    if call.span is not None:
        states = call.query_bhtd, call.key_bhtd, call.value_bhtd
        return local_attention(*states, radius=call.span, scaling=call.scaling, real_bt=_is_real(call))
    context_bhtd = F.scaled_dot_product_attention(
        call.query_bhtd, call.key_bhtd, call.value_bhtd, attn_mask=_bias(call), scale=call.scaling
    )
    return context_bhtd.transpose(1, 2)


def _bias(call: AttentionCall) -> Tensor | None:
    """Return the call's bias, with minus infinity on keys that are padding."""
    length = call.key_bhtd.shape[2]
    if all(frames == length for frames in call.lengths):
        return call.bias_bhqk
    bias = call.query_bhtd.new_zeros(()) if call.bias_bhqk is None else call.bias_bhqk
    return bias.masked_fill(~_is_real(call)[:, None, None], -torch.inf)


def _is_real(call: AttentionCall) -> Tensor:
    """Return a mask `[B, T]` that is true on frames that are not padding."""
    frame_t = torch.arange(call.key_bhtd.shape[2], device=call.key_bhtd.device)
    return frame_t < torch.tensor(call.lengths, device=frame_t.device)[:, None]
