"""Compute the attention of refined models: within a span, and by fixed patterns.

The module imports torch and transformers alone: refined models carry it for machines without otoscope.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from otoscope.attention.local_attention import local_attention, pattern_attention

SPAN, PATTERNS = "attention_span", "pattern_scores"
"""Attributes of an attention module: frames on each side, and scores `[H, 2 * radius + 1]` of offsets in its heads.

The span is a number for all heads with queries, or a list with one for each; None: all frames.
"""


def padding_mask(attention_mask: Tensor | None) -> Tensor | None:
    """Return the mask of real frames `[B, T]` as `[B, 1, 1, T]`, instead of a T x T mask of each utterance."""
    return None if attention_mask is None else attention_mask[:, None, None].to(torch.bool)


def real_frames(mask: Tensor | None) -> Tensor | None:
    """Return the real frames `[B, T]` of what `padding_mask` made."""
    return None if mask is None else mask[:, 0, 0]


def span_attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scaling: float, **kwargs: Any
) -> Tensor:
    """Return the context `[B, T, H, d]` of heads with queries: local attention where they have a span, else torch's."""
    span = getattr(module, SPAN, None)
    if not isinstance(span, list):
        return _one_span(module, (query, key, value), span, mask, scaling, kwargs)
    groups = heads_by_span(span)
    contexts = [
        _one_span(module, (query[:, heads], key[:, heads], value[:, heads]), own, mask, scaling, kwargs)
        for own, heads in groups
    ]
    order = [head for _, heads in groups for head in heads]
    return torch.cat(contexts, dim=2)[:, :, [order.index(head) for head in range(len(span))]]


def heads_by_span(spans: list[int | None]) -> list[tuple[int | None, list[int]]]:
    """Return the heads of each span; heads of one span are computed together.

    >>> heads_by_span([8, None, 8])
    [(8, [0, 2]), (None, [1])]
    """
    return [(span, [head for head, own in enumerate(spans) if own == span]) for span in dict.fromkeys(spans)]


def _one_span(
    module: nn.Module,
    states: tuple[Tensor, Tensor, Tensor],
    span: int | None,
    mask: Tensor | None,
    scaling: float,
    options: dict[str, Any],
) -> Tensor:
    """Return the context `[B, T, H, d]` of heads with one span; `states` are queries, keys and values."""
    if span is not None:
        return local_attention(*states, radius=span, scaling=scaling, real_bt=real_frames(mask))
    context: Tensor = sdpa_attention_forward(module, *states, mask, scaling=scaling, **options)[0]
    return context


def span_bias(spans: list[int | None], states_bhtd: Tensor) -> Tensor:
    """Return what limits each head to its span, added to the scores: 0 or minus infinity, `[1, H, T, T]`."""
    frames = torch.arange(states_bhtd.shape[2], device=states_bhtd.device)
    distance_qk = (frames[:, None] - frames).abs()
    limit_h = torch.tensor([len(frames) if span is None else span for span in spans], device=frames.device)
    is_far_hqk = distance_qk > limit_h[:, None, None]
    return torch.zeros_like(is_far_hqk, dtype=states_bhtd.dtype).masked_fill(is_far_hqk, -torch.inf)[None]


def attention_with_patterns(
    module: nn.Module, query: Tensor, value: Tensor, mask: Tensor | None, attend: Callable[[Tensor], Tensor]
) -> Tensor:
    """Return the contexts of all heads: those of heads with queries, then those of heads with fixed patterns.

    Args:
        module: the attention module.
        query: queries `[B, H, T, d]`.
        value: values of all heads.
        mask: what `padding_mask` returns.
        attend: returns the context `[B, T, H, d]` of the heads with queries, from their values `[B, H, T, d]`.
    """
    pattern_scores = getattr(module, PATTERNS, None)
    if pattern_scores is None:
        return attend(value)
    own_bhtd, fixed_bhtd = _split_values(query, value)
    fixed_bthd = pattern_attention(fixed_bhtd, pattern_scores, real_frames(mask))
    return torch.cat([attend(own_bhtd), fixed_bthd], dim=2)


def _split_values(query: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Return the values of the heads with queries, and those of the heads with fixed patterns, which come last.

    Some models, as Whisper, divide values by the number of heads with queries: their frames are then too many, and the
    features in their order belong to all heads.
    """
    (B, H, T, d), every = query.shape, value.transpose(1, 2)
    every_bhtd = every.reshape(B, T, -1, d).transpose(1, 2)
    return every_bhtd[:, :H], every_bhtd[:, H:]
