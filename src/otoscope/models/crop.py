"""What of a call is an utterance's own, where a model attends to more: to silence behind it, to tokens of its own.

Axes: b utterance, h head, t frame, q query, k key, n token, f band. Rows are normalised over the frames (or patches) of
the utterance; what fell outside of them is told beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.kernels.tiled import attend
from otoscope.models.families import SPECIAL_TOKENS, Family, bands_and_times
from otoscope.statistics.statistic import Statistic


@dataclass(frozen=True)
class CroppedCall:
    """A call between the frames of the utterances alone, and the share `[B, H]` of their attention that left them."""

    call: AttentionCall
    outside_bh: Tensor


def crop_to_utterance(family: Family, config: Any, call: AttentionCall, frames: Sequence[int]) -> CroppedCall:
    """The part of a call that is between `frames` of each utterance."""
    if family.grid:
        return average_bands([patches(config, call, b, count) for b, count in enumerate(frames)], call, frames)
    return crop_trailing_silence(call, frames)


def crop_trailing_silence(call: AttentionCall, frames: Sequence[int]) -> CroppedCall:
    """Of a model that attends to silence behind each utterance too."""
    B, H, T, _ = call.query_bhtd.shape
    real_bt = (
        torch.arange(T, device=call.query_bhtd.device) < torch.tensor(frames, device=call.query_bhtd.device)[:, None]
    )
    real_bht1 = real_bt[:, None, :, None].expand(B, H, T, 1).to(call.query_bhtd.dtype)
    bias = call.bias_bhqk
    precise_bth1 = _precise(real_bht1).new_empty(B, T, H, 1)
    inside_bth1, _ = attend(
        call.query_bhtd, call.key_bhtd, real_bht1, scaling=call.scaling, bias=bias, out=precise_bth1
    )
    inside_bh = torch.stack([inside[:count, :, 0].mean(0) for inside, count in zip(inside_bth1, frames, strict=True)])
    return CroppedCall(replace(call, lengths=tuple(frames)), 1 - inside_bh)


def _precise(states: Tensor) -> Tensor:
    """In float64 where they are, else in float32."""
    return states.to(torch.promote_types(states.dtype, torch.float32))


def patches(config: Any, call: AttentionCall, b: int, frames: int) -> Tensor:
    """Attention of one utterance from patch to patch, `[H, f, t, f, t]`, of its first `frames` times."""
    _, times = bands_and_times(config)
    grid = []
    for query_nd, key_nd in zip(call.query_bhtd[b], call.key_bhtd[b], strict=True):
        A = (_precise(query_nd) @ _precise(key_nd).mT * call.scaling).softmax(-1)[SPECIAL_TOKENS:, SPECIAL_TOKENS:]
        fine = A.unflatten(1, (-1, times)).unflatten(0, (-1, times))  # type: ignore[no-untyped-call]
        grid.append(fine[:, :frames, :, :frames])
    return torch.stack(grid)


def average_bands(grids: Sequence[Tensor], call: AttentionCall, frames: Sequence[int]) -> CroppedCall:
    """Of patches, from time to time: rows normalised over the patches, keys summed over bands, queries averaged."""
    inside_bh = torch.stack([A.sum((-2, -1)).mean((-2, -1)) for A in grids])
    longest = max(frames)
    score = grids[0].new_zeros(len(grids), inside_bh.shape[1], longest, longest)
    for b, (A, count) in enumerate(zip(grids, frames, strict=True)):
        score[b, :, :count, :count] = normalised(A).sum(-2).mean(-3).log()
    nothing = score[..., :0]
    lengths = tuple(frames)
    bare = AttentionCall(call.module, nothing, nothing, nothing, 1.0, score, lengths, layer=call.layer)
    return CroppedCall(bare, 1 - inside_bh)


def normalised(A: Tensor) -> Tensor:
    """Rows of `[H, f, t, f, t]` that sum to one over the patches."""
    return A / A.sum((-2, -1), keepdim=True)


def value(r: Any) -> Tensor:
    """The share, `[H]`."""
    return r.outside


def reference(A: Any) -> float:
    """The definition on the part of a map that is between frames `[T, T]`, its rows as they are."""
    return float(1 - A.sum(axis=1).mean())


OUTSIDE = Statistic(
    name="attention_outside",
    doc="Share of the attention of an utterance's frames that falls on none of them: on silence behind it, on tokens.",
    units="1",
    source="otoscope",
    needs=frozenset(),
    value=value,
    reference=reference,
)
"""Measured of families that attend to more than the utterance; no part of `discover`."""
