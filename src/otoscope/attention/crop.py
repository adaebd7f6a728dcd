"""Crop an attention call to the frames of the utterances, for models that attend to more than those.

Some models also attend to silence after the utterance, or to tokens of their own. Rows are normalised again over the
frames (or patches) of the utterance. The share of the attention that fell outside is a reduction of its own.

Axes: b utterance, h head, t frame, q query, k key, n token, f band.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.kernels.checks import expand_bias
from otoscope.attention.kernels.torch_tiles import TILE_QUERIES, add_bias
from otoscope.attention.speech import PatchGrid


@dataclass(frozen=True)
class CroppedCall:
    """A call between the frames of the utterances, and the share `[B, H]` of their attention that fell outside."""

    call: AttentionCall
    outside_bh: Tensor


def crop_to_utterance(call: AttentionCall, frames: Sequence[int], grid: PatchGrid | None) -> CroppedCall:
    """Return the part of a call between the first `frames` of each utterance.

    Args:
        call: a call of a model that attends to more than the utterances.
        frames: frames of each utterance, `[B]`.
        grid: the patches of the model, or None if its tokens are frames in time.
    """
    if grid is None:
        return crop_trailing_silence(call, frames)
    return average_bands([patch_map(call, b, count, grid) for b, count in enumerate(frames)], call, frames)


def crop_trailing_silence(call: AttentionCall, frames: Sequence[int]) -> CroppedCall:
    """Return the call without the silence after each utterance."""
    inside_bh = torch.stack([_share_inside(call, b, count) for b, count in enumerate(frames)])
    return CroppedCall(replace(call, lengths=tuple(frames)), 1 - inside_bh)


def _share_inside(call: AttentionCall, utterance: int, frames: int) -> Tensor:
    """Return the share of the weights of an utterance's queries on its own frames, `[H]`."""
    query_hqd, key_hkd = (upcast(states[utterance]) for states in (call.query_bhtd, call.key_bhtd))
    H = len(key_hkd)
    bias_hqk = None if call.bias_bhqk is None else expand_bias(call.bias_bhqk, call.query_bhtd)[utterance]
    total_h = query_hqd.new_zeros(H)
    for start in range(0, frames, TILE_QUERIES):
        queries = slice(start, min(start + TILE_QUERIES, frames))
        score_hqk = query_hqd[:, queries] @ key_hkd.mT * call.scaling
        if bias_hqk is not None:
            add_bias(score_hqk, bias_hqk[:, queries])
        total_h += score_hqk.softmax(-1)[..., :frames].sum((-2, -1))
    return total_h / frames


def patch_map(call: AttentionCall, utterance: int, frames: int, grid: PatchGrid) -> Tensor:
    """Return the weights between the patches of one utterance, `[H, f, t, f, t]`, of its first `frames` times.

    Rows sum to one over all tokens, so to less than one over the patches.
    """
    maps = []
    bias_hnn = None if call.bias_bhqk is None else expand_bias(call.bias_bhqk, call.query_bhtd)[utterance]
    for head, (query_nd, key_nd) in enumerate(zip(call.query_bhtd[utterance], call.key_bhtd[utterance], strict=True)):
        score_nn = upcast(query_nd) @ upcast(key_nd).mT * call.scaling
        if bias_hnn is not None:
            add_bias(score_nn, bias_hnn[head])
        attn_nn = score_nn.softmax(-1)
        attn_pp = attn_nn[grid.special_tokens :, grid.special_tokens :]
        attn_ftft = attn_pp.unflatten(1, (-1, grid.times)).unflatten(0, (-1, grid.times))  # type: ignore[no-untyped-call]
        maps.append(attn_ftft[:, :frames, :, :frames])
    return torch.stack(maps)


def average_bands(maps: Sequence[Tensor], call: AttentionCall, frames: Sequence[int]) -> CroppedCall:
    """Return attention from time to time: keys summed over bands, queries averaged, rows normalised over patches."""
    inside_bh = torch.stack([attn_hftft.sum((-2, -1)).mean((-2, -1)) for attn_hftft in maps])
    T = max(frames)
    score_bhqk = maps[0].new_zeros(len(maps), inside_bh.shape[1], T, T)
    for score_hqk, attn_hftft, count in zip(score_bhqk, maps, frames, strict=True):
        score_hqk[:, :count, :count] = normalise_rows(attn_hftft).sum(-2).mean(-3).log()
    empty = score_bhqk[..., :0]
    averaged = AttentionCall(call.module, empty, empty, empty, 1.0, score_bhqk, tuple(frames), layer=call.layer)
    return CroppedCall(averaged, 1 - inside_bh)


def normalise_rows(attn_hftft: Tensor) -> Tensor:
    """Scale rows of `[H, f, t, f, t]` so that they sum to one over the patches."""
    return attn_hftft / attn_hftft.sum((-2, -1), keepdim=True)


def upcast(states: Tensor) -> Tensor:
    """Return float64 states as they are, others in float32."""
    return states.to(torch.promote_types(states.dtype, torch.float32))
