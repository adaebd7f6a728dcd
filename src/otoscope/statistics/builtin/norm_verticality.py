"""Verticality by norm: how far all frames get what they get from the same few keys, `-H(p)`.

`p_k` is the share of key k in all norms `sum_q ||A[q,k] f(x_k)||`. Where it lies far below verticality, the keys that
draw the attention give next to nothing: the head parks its attention there. A head that gives nothing at all has 0.
"""

import numpy as np
import torch
from torch import Tensor
from torch.special import entr

from otoscope.attention.reduction_names import VALUE_NORM
from otoscope.statistics.reference import entropy
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Negative entropy of the keys' shares in all norms, nats, `[H]`."""
    norm_ht = reductions.column_sum * reductions.value_norm
    total_h1 = norm_ht.sum(-1, keepdim=True).clamp(min=torch.finfo(norm_ht.dtype).tiny)
    return -entr(norm_ht / total_h1).sum(-1)


def reference(A: Floats, projected_to: Floats) -> float:
    """Follow the definition on one map `A [T, T]` and the projected values of the head, `f(x) [T, features]`."""
    norms = np.linalg.norm(A[:, :, None] * projected_to, axis=-1).sum(axis=0)
    return -entropy(norms / max(norms.sum(), np.finfo(float).tiny))


STATISTIC = Statistic(
    name="norm_verticality",
    doc="Negative entropy of the keys' shares in all that a head gives, by norm: high where all frames get theirs from "
    "the same keys. Far below verticality where the keys that draw the attention give little.",
    units="nats",
    source="norms of Kobayashi et al. 2020 (arXiv 2004.10102) in verticality's place of weights, by otoscope",
    requires=frozenset({"column_sum", VALUE_NORM}),
    value=value,
    reference=reference,
)
