"""Compute what each key draws from the frames of the utterance, also keys outside of it.

Reductions of models that attend to more than the utterance are normalised over its frames. Here they are not.

Axes: b utterance, h head, q query, k key, d feature.
"""

import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.crop import upcast
from otoscope.attention.kernels.checks import expand_bias
from otoscope.attention.kernels.torch_tiles import FORBIDDEN, TILE_QUERIES, add_bias
from otoscope.typing import Bools


def key_masses(call: AttentionCall, utterance: int) -> Tensor:
    """Return the mean weight of the queries in an utterance on each key that the model attends to, `[H, K]`.

    Queries that attend to nothing do not count. The sum over keys is 1.
    """
    K = call.lengths[utterance]
    query_hqd, key_hkd = (upcast(states[utterance, :, :K]) for states in (call.query_bhtd, call.key_bhtd))
    bias_hqk = None if call.bias_bhqk is None else expand_bias(call.bias_bhqk, call.query_bhtd)[utterance]
    total_hk, rows_h = query_hqd.new_zeros(len(key_hkd), K), query_hqd.new_zeros(len(key_hkd))
    queries = torch.from_numpy(inside(call, utterance)).nonzero()[:, 0].to(query_hqd.device)
    for tile in torch.split(queries, TILE_QUERIES):
        score_hqk = query_hqd[:, tile] @ key_hkd.mT * call.scaling
        if bias_hqk is not None:
            add_bias(score_hqk, bias_hqk[:, tile, :K])
        if call.span is not None:
            keys = torch.arange(K, device=tile.device)
            score_hqk.masked_fill_((tile[:, None] - keys).abs() > call.span, FORBIDDEN)
        attends_hq = score_hqk.amax(-1) > FORBIDDEN / 2
        total_hk += (score_hqk.softmax(-1) * attends_hq[..., None]).sum(1)
        rows_h += attends_hq.sum(1)
    return total_hk / rows_h[:, None].clamp(min=1)


def sink_keys(call: AttentionCall, multiple: float) -> Tensor:
    """Return which keys `[B, K]` draw more than `multiple` times uniform attention from the frames of the utterance.

    Args:
        call: the call of one head.
        multiple: of the attention that each frame of the utterance draws in a uniform map of the utterance.
    """
    mask_bk = no_keys(call)
    for b, length in enumerate(call.lengths):
        mask_bk[b, :length] = key_masses(call, b)[0] > multiple / inside(call, b).sum()
    return mask_bk


def outside_keys(call: AttentionCall) -> Tensor:
    """Return which keys `[B, K]` are outside of the utterance: silence after it, and tokens of the model's own."""
    mask_bk = no_keys(call)
    for b, length in enumerate(call.lengths):
        mask_bk[b, :length] = ~torch.from_numpy(inside(call, b)).to(mask_bk.device)
    return mask_bk


def no_keys(call: AttentionCall) -> Tensor:
    """Return a mask `[B, K]` without a key."""
    return torch.zeros(len(call.lengths), call.value_bhtd.shape[2], dtype=torch.bool, device=call.value_bhtd.device)


def inside(call: AttentionCall, utterance: int) -> Bools:
    """Return whether each token that the model attends to is in the utterance, `[K]`: not silence after it, no token
    of the model's own."""
    time_k = call.utterances.places(call.query_bhtd.shape[2]).time_n[: call.lengths[utterance]]
    is_inside: Bools = (time_k >= 0) & (time_k < call.utterances.frames[utterance])
    return is_inside
