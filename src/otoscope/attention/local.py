"""Attention within a span, in blocks: each block of queries with the keys near it, all blocks in one batched call.

Axes: b utterance, h head, t frame, n block, q query, k key, d feature. Time and memory grow linearly with the frames.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

BLOCK = 32  # queries: the fastest of 32, 64 and 128 at spans of 8 to 64 frames


def local_attention(
    query_bhtd: Tensor,
    key_bhtd: Tensor,
    value_bhtd: Tensor,
    *,
    radius: int,
    scaling: float,
    real_bt: Tensor | None = None,
    dropout: float = 0.0,
) -> Tensor:
    """Context `[B, T, H, d]` of attention to the keys at most `radius` frames away; rows sum to one over those.

    `real_bt` is true on frames that may be attended to (None: all); a query with no such frame near it gets some finite
    context. Gradients flow.

    Examples:
        >>> q = torch.zeros(1, 1, 4, 1)
        >>> value = torch.tensor([0.0, 3.0, 6.0, 9.0]).reshape(1, 1, 4, 1)
        >>> local_attention(q, q, value, radius=1, scaling=1.0).flatten().tolist()
        [1.5, 3.0, 6.0, 7.5]
    """
    B, H, T, d = query_bhtd.shape
    radius = _reach(T, radius)
    if real_bt is None:
        real_bt = torch.ones(1, T, dtype=torch.bool, device=query_bhtd.device)
    context_nhqd = F.scaled_dot_product_attention(
        _blocks(query_bhtd),
        _windows(key_bhtd, radius),
        _windows(value_bhtd, radius),
        attn_mask=_bias(real_bt, B, radius, query_bhtd.dtype),
        dropout_p=dropout,
        scale=scaling,
    )
    return context_nhqd.transpose(1, 2).reshape(B, -1, H, d)[:, :T]


def _reach(length: int, radius: int) -> int:
    """Frames that a query looks at on each side: a span beyond the utterance costs no more than all of it."""
    return min(radius, length)


def _blocks(states_bhtd: Tensor) -> Tensor:
    """`[B * n, H, BLOCK, d]`, the last block filled up with zeros; a view where nothing must be filled."""
    _, H, T, d = states_bhtd.shape
    filled = F.pad(states_bhtd.transpose(1, 2), (0, 0, 0, 0, 0, -T % BLOCK))
    return filled.reshape(-1, BLOCK, H, d).transpose(1, 2)


def _windows(states_bhtd: Tensor, radius: int) -> Tensor:
    """The frames around each block, `[B * n, H, BLOCK + 2 * radius, d]`, zeros beyond the ends."""
    T = states_bhtd.shape[2]
    filled = F.pad(states_bhtd.transpose(1, 2), (0, 0, 0, 0, radius, radius + -T % BLOCK))
    return filled.unfold(1, BLOCK + 2 * radius, BLOCK).flatten(0, 1).transpose(-1, -2)


def _bias(real_bt: Tensor, batch: int, radius: int, dtype: torch.dtype) -> Tensor:
    """0 where a query of a block may attend to a key of its window, else a finite low value, `[B * n, 1, q, k]`."""
    filled = F.pad(real_bt, (radius, radius + -real_bt.shape[1] % BLOCK))
    real_bnk = filled.unfold(1, BLOCK + 2 * radius, BLOCK).expand(batch, -1, -1)
    query_q = torch.arange(radius, radius + BLOCK, device=real_bt.device)
    key_k = torch.arange(BLOCK + 2 * radius, device=real_bt.device)
    near_qk = (query_q[:, None] - key_k).abs() <= radius
    allowed_nqk = (real_bnk[:, :, None] & near_qk).flatten(0, 1)
    bias_nqk = torch.zeros(allowed_nqk.shape, dtype=dtype, device=real_bt.device)
    return bias_nqk.masked_fill_(~allowed_nqk, torch.finfo(dtype).min / 2)[:, None]
