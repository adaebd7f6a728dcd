"""Compute whole attention maps, for the few utterances whose maps the user requests."""

from dataclasses import replace

import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import Intervention
from otoscope.typing import AnyFloats


def full_maps(call: AttentionCall, intervention: Intervention) -> Tensor:
    """Return `A [H, T, T]` (query, key) of the call's first utterance, within the spans of call and intervention.

    In float64 if the call is, otherwise in float32.
    """
    T = call.lengths[0]
    dtype = torch.promote_types(call.query_bhtd.dtype, torch.float32)
    query_hqd, key_hkd = (states[0, :, :T].to(dtype) for states in (call.query_bhtd, call.key_bhtd))
    score_hqk = query_hqd @ key_hkd.mT * call.scaling
    if call.bias_bhqk is not None:
        score_hqk = score_hqk + call.bias_bhqk[0, :, :T, :T]
    frames = torch.arange(T, device=score_hqk.device)
    distance_qk = (frames[:, None] - frames).abs()
    if call.span is not None:
        score_hqk = score_hqk.masked_fill(distance_qk > call.span, -torch.inf)
    if intervention.radius is None:
        return score_hqk.softmax(-1)
    if intervention.renormalise:
        return score_hqk.masked_fill(distance_qk > intervention.radius, -torch.inf).softmax(-1)
    return score_hqk.softmax(-1).masked_fill(distance_qk > intervention.radius, 0)


def head_map(call: AttentionCall, intervention: Intervention, head: int) -> AnyFloats:
    """Return `A [T, T]` of one head of the call's first utterance: one map of `full_maps`, in the memory of one."""
    index = slice(head, head + 1)
    bias = call.bias_bhqk
    if bias is not None and bias.shape[1] > 1:
        bias = bias[:, index]
    head_call = replace(call, query_bhtd=call.query_bhtd[:, index], key_bhtd=call.key_bhtd[:, index], bias_bhqk=bias)
    return full_maps(head_call, intervention)[0].cpu().numpy()
