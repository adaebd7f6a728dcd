"""Verticality by norm: how far all frames get what they get from the same few keys, `-H(p)`.

`p_k` is the share of key k in all norms `sum_q ||A[q,k] f(x_k)||`. Where it lies far below verticality, the keys that
draw the attention give next to nothing: the head parks its attention there. A head that gives nothing at all has 0.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.special import entr

from otoscope.attention.reductions import Reductions
from otoscope.attention.value_norm import VALUE_NORM
from otoscope.statistics.reference import entropy
from otoscope.statistics.statistic import Statistic


def value(r: Reductions) -> Tensor:
    """Negative entropy of the keys' shares in all norms, nats, `[H]`."""
    assert r.column_sum is not None
    assert r.value_norm is not None
    norm_ht = r.column_sum * r.value_norm
    total_h1 = norm_ht.sum(-1, keepdim=True).clamp(min=torch.finfo(norm_ht.dtype).tiny)
    return -entr(norm_ht / total_h1).sum(-1)


def reference(A: NDArray[np.float64], given_ko: NDArray[np.float64]) -> float:
    """The definition on one map `A [T, T]` and what the head gives of each frame, `f(x) [T, features]`."""
    norms = np.linalg.norm(A[:, :, None] * given_ko, axis=-1).sum(axis=0)
    return -entropy(norms / max(norms.sum(), np.finfo(float).tiny))


STATISTIC_OF_NORMS = Statistic(
    name="norm_verticality",
    doc="Negative entropy of the keys' shares in all that a head gives, by norm: high where all frames get theirs from "
    "the same keys. Far below verticality where the keys that draw the attention give little.",
    units="nats",
    source="norms of Kobayashi et al. 2020 (arXiv 2004.10102) in verticality's place of weights, by otoscope",
    needs=frozenset({"column_sum", VALUE_NORM}),
    value=value,
    reference=reference,
    takes=frozenset({VALUE_NORM}),
)
