"""Capture attention through transformers' attention registry.

otoscope registers an attention function and a mask function under one name. Without a mask function of the same name,
transformers would pass no padding mask to the model, and raise no error.
"""

from typing import Any

from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import bidirectional_mask_function

from otoscope.attention.call import AttentionCall, current_handler, parse_mask
from otoscope.attention.span_attention import (
    SPAN,
    attention_with_patterns,
    padding_mask,
    span_attention,
    span_bias,
)
from otoscope.errors import InputError

NAME = "otoscope"


def attention_function(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Pass the call to the current handler, if there is one.

    `attention_mask` comes from `mask_function` or from the model itself, which may add a bias of positions to it. Other
    models pass that bias as `position_bias [B, H, T, T]`. Without a handler, layers of refined models with an
    `attention_span` use local attention, and all others torch's attention. Refined models may have values of more heads
    than queries: the last ones have fixed patterns, `pattern_scores`, which are no attention calls.
    """

    def attend(own: Tensor) -> Tensor:
        return _scored_attention(module, (query, key, own), attention_mask, scaling, kwargs)

    return attention_with_patterns(module, query, value, attention_mask, attend), None


def _scored_attention(
    module: nn.Module,
    states: tuple[Tensor, Tensor, Tensor],
    mask: Tensor | None,
    scaling: float,
    options: dict[str, Any],
) -> Tensor:
    """Return the context `[B, T, H, d]` of heads with queries; `states` are queries, keys and values."""
    handler = current_handler()
    if handler is None:
        return span_attention(module, *states, mask, scaling, **options)
    lengths, bias = parse_mask(mask, options.get("position_bias"), states[0])
    span = getattr(module, SPAN, None)
    if isinstance(span, list):
        limit = span_bias(span, states[0]).expand(len(lengths), -1, -1, -1)
        bias, span = limit if bias is None else bias + limit, None
    return handler(AttentionCall(module, *states, scaling, bias, lengths, span))


def mask_function(
    batch_size: int,
    q_length: int,
    kv_length: int,
    mask_function: object = bidirectional_mask_function,
    attention_mask: Tensor | None = None,
    **kwargs: object,
) -> Tensor | None:
    """Return the padding mask as `[B, 1, 1, T]`, true on real frames, instead of a T x T mask per utterance.

    Raises:
        InputError: the model masks its attention in another way.
    """
    if mask_function is not bidirectional_mask_function or q_length != kv_length:
        raise InputError(
            "expected bidirectional self-attention, found another mask function; otoscope cannot measure this model"
        )
    return padding_mask(attention_mask)


AttentionInterface.register(NAME, attention_function)
AttentionMaskInterface.register(NAME, mask_function)
