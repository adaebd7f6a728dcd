"""Compute the norm of each frame's projected value: `||f(x_k)||`, `f(x) = (x W_V + b_V) W_O` (Kobayashi et al. 2020).

Axes: h head, t frame, d feature of the head, o feature of the hidden state, r feature of the QR factor.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.reductions import Reductions
from otoscope.errors import InputError


def value_norms(value_htd: Tensor, output_hdo: Tensor) -> Tensor:
    """Return `||value_t W_O||` of each head and frame, `[..., H, T]`, in at least float32.

    `W_O^T = Q R` with orthonormal `Q`, so the norm equals that of `R value_t`. `R` has only the head's own features,
    which makes this much cheaper than the projection.

    Examples:
        >>> value_norms(torch.tensor([[[1.0], [-2.0]]]), torch.tensor([[[3.0, 4.0]]])).tolist()
        [[5.0, 10.0]]
    """
    dtype = torch.promote_types(value_htd.dtype, torch.float32)
    factor_hrd = torch.linalg.qr(output_hdo.to(dtype).mT, mode="r").R
    return torch.linalg.vector_norm(value_htd.to(dtype) @ factor_hrd.mT, dim=-1)


def with_value_norms(reductions: Sequence[Reductions], call: AttentionCall) -> list[Reductions]:
    """Return the reductions of each utterance of a call with their `value_norm` set.

    Raises:
        InputError: the output projection of the layer is unknown.
    """
    if call.output is None:
        raise InputError(
            f"expected an output projection of layer {call.layer} for value norms, found none; do not request them"
        )
    _, H, _, d = call.value_bhtd.shape
    output_hdo = call.output.T.reshape(H, d, len(call.output))
    norm_bht = value_norms(call.value_bhtd, output_hdo)
    return [
        replace(reduction, value_norm=norm_ht[:, :length])
        for reduction, norm_ht, length in zip(reductions, norm_bht, call.lengths, strict=True)
    ]
