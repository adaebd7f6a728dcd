"""Compute local attention: each block of queries attends to the keys near it, all blocks in one batched call.

The module imports torch alone: refined models carry it for machines without otoscope.

Time and memory grow linearly with the frames.

Axes: b utterance, h head, t frame, n block, q query, k key, d feature.
"""

from collections.abc import Callable

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
    B, _, T, _ = query_bhtd.shape
    if not torch.compiler.is_compiling():  # an exported graph takes any length
        radius = min(radius, T)  # a span beyond the utterance costs no more than all of it
    if real_bt is None:
        real_bt = torch.ones(1, T, dtype=torch.bool, device=query_bhtd.device)
    query_bthd = _extended(query_bhtd, 0)
    key_bthd, value_bthd = (_extended(states, radius) for states in (key_bhtd, value_bhtd))
    real_bt = _extended_mask(real_bt, radius).expand(B, -1)

    def attend(rows: slice) -> Tensor:
        context_nhqd = F.scaled_dot_product_attention(
            _blocks(query_bthd[rows]),
            _windows(key_bthd[rows], radius),
            _windows(value_bthd[rows], radius),
            attn_mask=_bias(real_bt[rows], radius, query_bhtd.dtype),
            scale=scaling,
        )
        return context_nhqd.transpose(1, 2)

    return _by_utterance(attend, query_bhtd)


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
    B, _, T, _ = value_bhtd.shape
    radius = scores_hr.shape[1] // 2
    if real_bt is None:
        real_bt = torch.ones(1, T, dtype=torch.bool, device=value_bhtd.device)
    offsets_qk = torch.arange(BLOCK + 2 * radius)[None] - torch.arange(BLOCK)[:, None]
    is_near_qk = (offsets_qk >= 0) & (offsets_qk <= 2 * radius)
    weights_hr = (scores_hr - scores_hr.amax(1, keepdim=True)).exp()
    weights_hqk = weights_hr[:, offsets_qk.clamp(0, 2 * radius)] * is_near_qk.to(weights_hr)
    real_bhtd = real_bt[:, None, :, None].to(value_bhtd).expand(B, 1, T, 1)
    value_bthd, real_bthd = _extended(value_bhtd * real_bhtd, radius), _extended(real_bhtd, radius)

    def attend(rows: slice) -> Tensor:
        sums_nhqd = weights_hqk @ _windows(value_bthd[rows], radius)
        totals_nhqd = weights_hqk @ _windows(real_bthd[rows], radius)
        return (sums_nhqd / totals_nhqd.clamp(min=torch.finfo(weights_hr.dtype).tiny)).transpose(1, 2)

    return _by_utterance(attend, value_bhtd)


def _by_utterance(attend: Callable[[slice], Tensor], states_bhtd: Tensor) -> Tensor:
    """Return the context `[B, T, H, d]` of calls for some utterances, each of which gives `[B * n, BLOCK, H, d]`.

    On a CPU each call has one utterance: the windows of several would be copied, which takes six times as long.
    """
    B, H, T, d = states_bhtd.shape
    is_single = states_bhtd.device.type == "cpu" and not torch.compiler.is_compiling()
    rows = [slice(row, row + 1) for row in range(B)] if is_single and B else [slice(0, B)]
    contexts = [attend(row) for row in rows]
    context = contexts[0] if len(contexts) == 1 else torch.cat(contexts)
    return context.reshape(B, _count(T) * BLOCK, H, d)[:, :T]


def _extended(states_bhtd: Tensor, radius: int) -> Tensor:
    """Return `[B, T, H, d]` with zeros before and after the utterance, so that blocks are whole and have neighbours."""
    T = states_bhtd.shape[2]
    return F.pad(states_bhtd.transpose(1, 2), (0, 0, 0, 0, radius, radius + _count(T) * BLOCK - T))


def _extended_mask(real_bt: Tensor, radius: int) -> Tensor:
    T = real_bt.shape[1]
    return F.pad(real_bt, (radius, radius + _count(T) * BLOCK - T))


def _count(frames: int) -> int:
    """Return the number of blocks of some frames."""
    return (frames + BLOCK - 1) // BLOCK


def _blocks(states_bthd: Tensor) -> Tensor:
    """Return `[B * n, H, BLOCK, d]`."""
    B, T, H, d = states_bthd.shape
    return states_bthd.reshape(B * (T // BLOCK), BLOCK, H, d).transpose(1, 2)


def _windows(states_bthd: Tensor, radius: int) -> Tensor:
    """Return the frames around each block, `[B * n, H, BLOCK + 2 * radius, d]`."""
    return states_bthd.unfold(1, BLOCK + 2 * radius, BLOCK).flatten(0, 1).transpose(-1, -2)


def _bias(real_bt: Tensor, radius: int, dtype: torch.dtype) -> Tensor:
    """Return 0 for keys of its window that a query may attend to, else a finite low value, `[B * n, 1, q, k]`."""
    real_bnk = real_bt.unfold(1, BLOCK + 2 * radius, BLOCK)
    query_q = torch.arange(radius, radius + BLOCK, device=real_bt.device)
    key_k = torch.arange(BLOCK + 2 * radius, device=real_bt.device)
    near_qk = (query_q[:, None] - key_k).abs() <= radius
    allowed_nqk = (real_bnk[:, :, None] & near_qk).flatten(0, 1)
    bias_nqk = torch.zeros(allowed_nqk.shape, dtype=dtype, device=real_bt.device)
    return bias_nqk.masked_fill_(~allowed_nqk, torch.finfo(dtype).min / 2)[:, None]
