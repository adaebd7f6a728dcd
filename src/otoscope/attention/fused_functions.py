"""Replace the two functions of torch that compute attention in one call.

Axes: b utterance, h head, t frame, q query, k key, d feature.
"""

from dataclasses import dataclass
from inspect import signature
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from otoscope.attention.call import AttentionCall, parse_mask

if TYPE_CHECKING:
    from otoscope.attention.function_capture import AttentionFunctionMode

MULTI_HEAD_ATTENTION = signature(F.multi_head_attention_forward)


@dataclass(frozen=True)
class ProductArguments:
    """The arguments of torch's scaled dot-product attention, in its order and with its names and defaults."""

    query: Tensor
    key: Tensor
    value: Tensor
    attn_mask: Tensor | None = None
    dropout_p: float = 0.0
    is_causal: bool = False
    scale: float | None = None
    enable_gqa: bool = False


def multi_head_attention_forward(mode: "AttentionFunctionMode", *args: Any, **kwargs: Any) -> tuple[Tensor, None]:
    """Replace torch's function of this name, `[T, B, E]` in and out; the handler computes the attention.

    Raises:
        InputError: it is not self-attention between the frames of each utterance.
    """
    arguments = _bind(*args, **kwargs)
    mode.require(
        arguments.bias_k is None and not arguments.add_zero_attn and arguments.key.shape == arguments.query.shape,
        "attention to keys that are no frames",
    )
    mode.require(arguments.query.ndim == 3, "attention of states without a batch axis")
    T, B, E = arguments.query.shape
    mode.check_batch(B)
    query, key, value = _project_in(arguments)
    lengths, bias = _parse_masks(arguments, query)
    scaling = query.shape[-1] ** -0.5
    output = arguments.out_proj_weight
    call = AttentionCall(mode.module, query, key, value, scaling, bias, lengths, output=output)
    context = mode.handler(call).reshape(B, T, E).transpose(0, 1)
    return F.linear(context, output, arguments.out_proj_bias), None


def _bind(*args: Any, **kwargs: Any) -> SimpleNamespace:
    """Return the arguments of torch's multi-head attention by their names."""
    bound = MULTI_HEAD_ATTENTION.bind(*args, **kwargs)
    bound.apply_defaults()
    return SimpleNamespace(**bound.arguments)


def _project_in(arguments: SimpleNamespace) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values `[B, H, T, d]` from the arguments of multi-head attention."""
    T, B, _ = arguments.query.shape
    if arguments.use_separate_proj_weight:
        weights = (arguments.q_proj_weight, arguments.k_proj_weight, arguments.v_proj_weight)
    else:
        weights = arguments.in_proj_weight.chunk(3)
    biases = (None,) * 3 if arguments.in_proj_bias is None else arguments.in_proj_bias.chunk(3)
    inputs = (arguments.query, arguments.key, arguments.value)
    query, key, value = (
        F.linear(states, weight, bias).view(T, B, arguments.num_heads, -1).permute(1, 2, 0, 3)
        for states, weight, bias in zip(inputs, weights, biases, strict=True)
    )
    return query, key, value


def _parse_masks(arguments: SimpleNamespace, query_bhtd: Tensor) -> tuple[tuple[int, ...], Tensor | None]:
    """Return lengths and bias (see `parse_mask`) from the two masks of multi-head attention."""
    mask, padding, bias_bhqk = arguments.attn_mask, arguments.key_padding_mask, None
    T = query_bhtd.shape[2]
    if mask is not None:
        bias_bhqk = _to_added_mask(mask, query_bhtd).view(-1, arguments.num_heads if mask.ndim == 3 else 1, T, T)
    if padding is None:
        return parse_mask(bias_bhqk, None, query_bhtd)
    return parse_mask(_to_added_mask(padding, query_bhtd)[:, None, None], bias_bhqk, query_bhtd)


def _to_added_mask(mask: Tensor, template: Tensor) -> Tensor:
    """Return a mask of torch's multi-head attention, true for forbidden keys or added to the scores, as the latter."""
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros_like(mask, dtype=template.dtype).masked_fill(mask, -torch.inf)


def scaled_dot_product_attention(mode: "AttentionFunctionMode", query: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Replace torch's function of this name, `[..., T, d]` in and out; the handler computes the attention.

    Raises:
        InputError: it is not self-attention between the frames of each utterance.
    """
    arguments = ProductArguments(query, *args, **kwargs)
    key, value = (_repeat_heads(states, query, arguments.enable_gqa) for states in (arguments.key, arguments.value))
    mode.require(key.shape == query.shape, "attention to keys that are no frames")
    mode.require(arguments.dropout_p == 0.0, "dropout outside of training")
    query_bhtd, key_bhtd, value_bhtd = (mode.split_batch(states) for states in (query, key, value))
    mask = _causal_mask(query) if arguments.is_causal else arguments.attn_mask
    if mask is not None:
        mask = mode.split_batch(mask) if mask.ndim == 3 and mask.shape[0] > 1 else _to_four_axes(mask)
    lengths, bias = parse_mask(mask, None, query_bhtd)
    scaling = query.shape[-1] ** -0.5 if arguments.scale is None else arguments.scale
    call = AttentionCall(mode.module, query_bhtd, key_bhtd, value_bhtd, scaling, bias, lengths)
    return mode.handler(call).transpose(1, 2).reshape(*query.shape[:-1], value.shape[-1])


def _repeat_heads(states: Tensor, query: Tensor, is_grouped: bool) -> Tensor:
    """Return keys or values with one head for each head of the queries, where several queries share one."""
    return states.repeat_interleave(query.shape[-3] // states.shape[-3], dim=-3) if is_grouped else states


def _causal_mask(query: Tensor) -> Tensor:
    """Return `[T, T]`, true for keys that are not after the query."""
    T = query.shape[-2]
    return torch.ones(T, T, dtype=torch.bool, device=query.device).tril()


def _to_four_axes(mask: Tensor) -> Tensor:
    return mask.view((1,) * (4 - mask.ndim) + mask.shape)
