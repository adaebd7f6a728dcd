"""Capture attention through transformers' attention registry.

otoscope registers an attention function and a mask function under one name. Without a mask function of the same name,
transformers would pass no padding mask to the model, and raise no error.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import bidirectional_mask_function

from otoscope.attention.call import AttentionCall, current_handler, parse_mask
from otoscope.attention.local import local_attention
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
    `attention_span` use local attention, and all others torch's attention.
    """
    handler, span = current_handler(), getattr(module, "attention_span", None)
    if handler is not None:
        lengths, bias = parse_mask(attention_mask, kwargs.get("position_bias"), query)
        return handler(AttentionCall(module, query, key, value, scaling, bias, lengths, span)), None
    if span is not None:
        real_bt = None if attention_mask is None else attention_mask[:, 0, 0]
        return local_attention(query, key, value, radius=span, scaling=scaling, real_bt=real_bt), None
    return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **kwargs)


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
    return None if attention_mask is None else attention_mask[:, None, None].to(torch.bool)


AttentionInterface.register(NAME, attention_function)
AttentionMaskInterface.register(NAME, mask_function)
