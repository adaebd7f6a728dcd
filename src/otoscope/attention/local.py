"""Compute local attention: each block of queries attends to the keys near it, all blocks in one batched call.

Time and memory grow linearly with the frames.

Axes: b utterance, h head, t frame, n block, q query, k key, d feature.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

BLOCK = 32  # queries; the fastest of 32, 64 and 128 at spans of 8 to 64 frames


def local_attention(
    query_bhtd: Tensor,
    key_bhtd: Tensor,
    value_bhtd: Tensor,
    *,
    radius: int,
    scaling: float,
    real_bt: Tensor | None = None,
) -> Tensor:
    """Return the context `[B, T, H, d]` of attention to the keys at most `radius` frames away. Gradients flow.

    Args:
        query_bhtd, key_bhtd, value_bhtd: states of all heads.
        radius: distance in frames; rows sum to one over the keys within it.
        scaling: factor of the scores.
        real_bt: true on frames that may be attended to; None: all. The context of a query without any such frame near
            it is finite and has no meaning.

    Examples:
        >>> q = torch.zeros(1, 1, 4, 1)
        >>> value = torch.tensor([0.0, 3.0, 6.0, 9.0]).reshape(1, 1, 4, 1)
        >>> local_attention(q, q, value, radius=1, scaling=1.0).flatten().tolist()
        [1.5, 3.0, 6.0, 7.5]
    """
    B, H, T, d = query_bhtd.shape
    radius = min(radius, T)  # a span beyond the utterance costs no more than all of it
    if real_bt is None:
        real_bt = torch.ones(1, T, dtype=torch.bool, device=query_bhtd.device)
    context_nhqd = F.scaled_dot_product_attention(
        _blocks(query_bhtd),
        _windows(key_bhtd, radius),
        _windows(value_bhtd, radius),
        attn_mask=_bias(real_bt, B, radius, query_bhtd.dtype),
        scale=scaling,
    )
    return context_nhqd.transpose(1, 2).reshape(B, -1, H, d)[:, :T]


def _blocks(states_bhtd: Tensor) -> Tensor:
    """Return `[B * n, H, BLOCK, d]`, the last block padded with zeros; a view if it needs no padding."""
    _, H, T, d = states_bhtd.shape
    padded = F.pad(states_bhtd.transpose(1, 2), (0, 0, 0, 0, 0, -T % BLOCK))
    return padded.reshape(-1, BLOCK, H, d).transpose(1, 2)


def _windows(states_bhtd: Tensor, radius: int) -> Tensor:
    """Return the frames around each block, `[B * n, H, BLOCK + 2 * radius, d]`, zeros beyond the ends."""
    T = states_bhtd.shape[2]
    padded = F.pad(states_bhtd.transpose(1, 2), (0, 0, 0, 0, radius, radius + -T % BLOCK))
    return padded.unfold(1, BLOCK + 2 * radius, BLOCK).flatten(0, 1).transpose(-1, -2)


def _bias(real_bt: Tensor, batch: int, radius: int, dtype: torch.dtype) -> Tensor:
    """Return 0 for keys of its window that a query may attend to, else a finite low value, `[B * n, 1, q, k]`."""
    padded = F.pad(real_bt, (radius, radius + -real_bt.shape[1] % BLOCK))
    real_bnk = padded.unfold(1, BLOCK + 2 * radius, BLOCK).expand(batch, -1, -1)
    query_q = torch.arange(radius, radius + BLOCK, device=real_bt.device)
    key_k = torch.arange(BLOCK + 2 * radius, device=real_bt.device)
    near_qk = (query_q[:, None] - key_k).abs() <= radius
    allowed_nqk = (real_bnk[:, :, None] & near_qk).flatten(0, 1)
    bias_nqk = torch.zeros(allowed_nqk.shape, dtype=dtype, device=real_bt.device)
    return bias_nqk.masked_fill_(~allowed_nqk, torch.finfo(dtype).min / 2)[:, None]
