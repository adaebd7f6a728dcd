"""Verticality by norm: negative entropy of the keys' shares in the norms of what a head adds, `-H(p)`.

`p_k` is the share of key k in all norms `sum_q ||A[q,k] f(x_k)||`. If it is far below verticality, the keys with most
of the attention contribute almost nothing: the attention on them has no effect. A head whose values are all zero has 0.
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
    """Return the negative entropy of the keys' shares in all norms in nats, `[H]`."""
    norm_ht = reductions.column_sum * reductions.value_norm
    total_h1 = norm_ht.sum(-1, keepdim=True).clamp(min=torch.finfo(norm_ht.dtype).tiny)
    return -entr(norm_ht / total_h1).sum(-1)


def reference(A: Floats, projected_to: Floats) -> float:
    """Follow the definition on one map `A [T, T]` and the projected values of the head, `f(x) [T, features]`."""
    norms = np.linalg.norm(A[:, :, None] * projected_to, axis=-1).sum(axis=0)
    return -entropy(norms / max(norms.sum(), np.finfo(float).tiny))


STATISTIC = Statistic(
    name="norm_verticality",
    doc="Negative entropy of the keys' shares in the norms of what a head adds: high if the same keys contribute most "
    "to all frames. Far below verticality if the keys with most of the attention contribute little.",
    units="nats",
    source="norms of Kobayashi et al. 2020 (arXiv 2004.10102) in place of the weights of verticality, by otoscope",
    requires=frozenset({"column_sum", VALUE_NORM}),
    value=value,
    reference=reference,
)
