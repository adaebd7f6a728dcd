"""Relative verticality: verticality over ln T, `-H(1/T sum_q A[q]) / ln T`, on the same scale at every length.

It is -1 for uniform attention and 0 if all queries attend to one key. An utterance of one frame has 0.
"""

import math

from torch import Tensor
from torch.special import entr

from otoscope.statistics.reference import attending_rows, entropy
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Return the negative entropy of the mean row over that of uniform attention, `[H]`."""
    entropy_h = entr(reductions.column_sum / reductions.rows[:, None]).sum(-1)
    return -entropy_h / math.log(max(reductions.length, 2))


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    return -entropy(A.sum(axis=0) / attending_rows(A)) / math.log(max(len(A), 2))


STATISTIC = Statistic(
    name="relative_verticality",
    doc="Verticality over ln T: -1 for uniform attention, 0 where all frames attend to one key, at every length.",
    units="1",
    source="Yang, Liu and Lee 2020 (arXiv 2006.03265); over ln T by otoscope",
    requires=frozenset({"column_sum"}),
    value=value,
    reference=reference,
)
