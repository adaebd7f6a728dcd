"""Whole attention maps, for the few that a person asks to see."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import Intervention


def full_maps(call: AttentionCall, change: Intervention) -> Tensor:
    """`A [H, T, T]` (query, key) of the call's first utterance, within the spans of the call and of `change`.

    In float64 where the call is, else in float32.
    """
    T = call.lengths[0]
    precise = torch.promote_types(call.query_bhtd.dtype, torch.float32)
    query_hqd, key_hkd = (states[0, :, :T].to(precise) for states in (call.query_bhtd, call.key_bhtd))
    score_hqk = query_hqd @ key_hkd.mT * call.scaling
    if call.bias_bhqk is not None:
        score_hqk = score_hqk + call.bias_bhqk[0, :, :T, :T]
    frames = torch.arange(T, device=score_hqk.device)
    distance_qk = (frames[:, None] - frames).abs()
    if call.span is not None:
        score_hqk = score_hqk.masked_fill(distance_qk > call.span, -torch.inf)
    if change.radius is None:
        return score_hqk.softmax(-1)
    if change.renormalise:
        return score_hqk.masked_fill(distance_qk > change.radius, -torch.inf).softmax(-1)
    return score_hqk.softmax(-1).masked_fill(distance_qk > change.radius, 0)


def head_map(call: AttentionCall, change: Intervention, head: int) -> np.ndarray:
    """`A [T, T]` of one head of the call's first utterance: what `full_maps` gives of it, in a head's memory."""
    one = slice(head, head + 1)
    bias = call.bias_bhqk
    if bias is not None and bias.shape[1] > 1:
        bias = bias[:, one]
    alone = replace(call, query_bhtd=call.query_bhtd[:, one], key_bhtd=call.key_bhtd[:, one], bias_bhqk=bias)
    return full_maps(alone, change)[0].cpu().numpy()
