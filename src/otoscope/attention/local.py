"""Compute local attention: each block of queries attends to the keys near it, all blocks in one batched call.

The module imports torch alone: refined models carry it for machines without otoscope.

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
    if not torch.compiler.is_compiling():  # an exported graph takes any length
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
    return context_nhqd.transpose(1, 2).reshape(B, _count(T) * BLOCK, H, d)[:, :T]


def pattern_attention(value_bhtd: Tensor, scores_hr: Tensor, real_bt: Tensor | None = None) -> Tensor:
    """Return the context `[B, T, H, d]` of heads whose scores depend on the offset of the key alone. Gradients flow.

    Args:
        value_bhtd: values of the heads.
        scores_hr: scores of the offsets from `-radius` to `radius`; keys farther away are not attended to.
        real_bt: as for `local_attention`.

    Examples:
        >>> value = torch.tensor([0.0, 3.0, 6.0, 9.0]).reshape(1, 1, 4, 1)
        >>> pattern_attention(value, torch.tensor([[-torch.inf, 0.0, 0.0]])).flatten().tolist()
        [1.5, 4.5, 7.5, 9.0]
    """
    B, H, T, d = value_bhtd.shape
    radius = scores_hr.shape[1] // 2
    if real_bt is None:
        real_bt = torch.ones(1, T, dtype=torch.bool, device=value_bhtd.device)
    offsets_qk = torch.arange(BLOCK + 2 * radius)[None] - torch.arange(BLOCK)[:, None]
    is_near_qk = (offsets_qk >= 0) & (offsets_qk <= 2 * radius)
    weights_hr = (scores_hr - scores_hr.amax(1, keepdim=True)).exp()
    weights_hqk = weights_hr[:, offsets_qk.clamp(0, 2 * radius)] * is_near_qk.to(weights_hr)
    real_bhtd = real_bt[:, None, :, None].to(value_bhtd)
    sums_nhqd = weights_hqk @ _windows(value_bhtd * real_bhtd, radius)
    totals_nhqd = weights_hqk @ _windows(real_bhtd.expand(B, 1, T, 1), radius)
    context_nhqd = sums_nhqd / totals_nhqd.clamp(min=torch.finfo(weights_hr.dtype).tiny)
    return context_nhqd.transpose(1, 2).reshape(B, _count(T) * BLOCK, H, d)[:, :T]


def _blocks(states_bhtd: Tensor) -> Tensor:
    """Return `[B * n, H, BLOCK, d]`, the last block padded with zeros; a view if it needs no padding."""
    B, H, T, d = states_bhtd.shape
    n = _count(T)
    padded = F.pad(states_bhtd.transpose(1, 2), (0, 0, 0, 0, 0, n * BLOCK - T))
    return padded.reshape(B * n, BLOCK, H, d).transpose(1, 2)


def _count(frames: int) -> int:
    """Return the number of blocks of some frames."""
    return (frames + BLOCK - 1) // BLOCK


def _windows(states_bhtd: Tensor, radius: int) -> Tensor:
    """Return the frames around each block, `[B * n, H, BLOCK + 2 * radius, d]`, zeros beyond the ends."""
    T = states_bhtd.shape[2]
    padded = F.pad(states_bhtd.transpose(1, 2), (0, 0, 0, 0, radius, radius + _count(T) * BLOCK - T))
    return padded.unfold(1, BLOCK + 2 * radius, BLOCK).flatten(0, 1).transpose(-1, -2)


def _bias(real_bt: Tensor, batch: int, radius: int, dtype: torch.dtype) -> Tensor:
    """Return 0 for keys of its window that a query may attend to, else a finite low value, `[B * n, 1, q, k]`."""
    T = real_bt.shape[1]
    padded = F.pad(real_bt, (radius, radius + _count(T) * BLOCK - T))
    real_bnk = padded.unfold(1, BLOCK + 2 * radius, BLOCK).expand(batch, -1, -1)
    query_q = torch.arange(radius, radius + BLOCK, device=real_bt.device)
    key_k = torch.arange(BLOCK + 2 * radius, device=real_bt.device)
    near_qk = (query_q[:, None] - key_k).abs() <= radius
    allowed_nqk = (real_bnk[:, :, None] & near_qk).flatten(0, 1)
    bias_nqk = torch.zeros(allowed_nqk.shape, dtype=dtype, device=real_bt.device)
    return bias_nqk.masked_fill_(~allowed_nqk, torch.finfo(dtype).min / 2)[:, None]
