"""Norms of what a head gives of each frame: `||f(x_k)||`, `f(x) = (x W_V + b_V) W_O` (Kobayashi et al. 2020).

Axes: h head, k key, d feature of the head, o feature of the hidden state.
"""

import torch
from torch import Tensor

VALUE_NORM = "value_norm"


def value_norms(value_hkd: Tensor, output_hdo: Tensor) -> Tensor:
    """`||value_k W_O||` of each head and frame, `[..., H, T]`, in at least float32.

    `W_O^T = Q R` with orthonormal `Q`, so that the norm is that of `R value_k`, which has only the head's own features:
    a small part of the cost of the projection itself.

    >>> value_norms(torch.tensor([[[1.0], [-2.0]]]), torch.tensor([[[3.0, 4.0]]])).tolist()
    [[5.0, 10.0]]
    """
    precise = torch.promote_types(value_hkd.dtype, torch.float32)
    factor_hrd = torch.linalg.qr(output_hdo.to(precise).mT, mode="r").R
    return torch.linalg.vector_norm(value_hkd.to(precise) @ factor_hrd.mT, dim=-1)
