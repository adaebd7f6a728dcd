"""Compute the context alone with torch's own fused attention.

Axes: h head, t frame, q query, k key, d feature.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from otoscope.attention.inputs import AttentionInputs
from otoscope.attention.reductions import Reductions
from otoscope.attention.torch_private import is_fake


def supports_inputs(inputs: AttentionInputs) -> bool:
    """Return whether the call is attention between all frames, on a processor, in sizes that torch fuses."""
    H, T, _ = inputs.query_hqd.shape
    states = (inputs.query_hqd, inputs.key_hkd, inputs.value_hkd)
    is_unlimited = min(inputs.span.softmax_radius, inputs.span.output_radius) >= T
    has_one_size = inputs.query_hqd.shape == inputs.value_hkd.shape  # of other sizes, torch stores a whole map
    is_on_processor = all(tensor.device.type == "cpu" and not is_fake(tensor) for tensor in states)
    return H > 0 and inputs.bias_hqk is None and is_unlimited and has_one_size and is_on_processor


def attend_plainly(inputs: AttentionInputs, needs: frozenset[str], context_qhd: Tensor) -> Reductions:
    """Write the context of one utterance; half precision is computed in float32. There are no reductions."""
    H, T, _ = inputs.query_hqd.shape
    query, key, value = (
        states[None].to(torch.promote_types(states.dtype, torch.float32))
        for states in (inputs.query_hqd, inputs.key_hkd, inputs.value_hkd)
    )
    context_1hqd = F.scaled_dot_product_attention(query, key, value, scale=inputs.scaling)
    context_qhd[:T] = context_1hqd[0].transpose(0, 1)
    context_qhd[T:] = 0
    return Reductions(length=T, rows=torch.full((H,), T), labels=inputs.labels)
