"""Sinks at the edges: the share of attention that goes to sinks in the first or last twentieth of the utterance."""

import math

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from otoscope.attention.reductions import Reductions
from otoscope.statistics.builtin.sink_share import MULTIPLE, column_ratio
from otoscope.statistics.reference import attending_rows
from otoscope.statistics.statistic import Statistic

EDGE = 1 / 20  # of the utterance, at each end; at least one frame


def value(r: Reductions) -> Tensor:
    """Share of attention that sinks at the edges draw, `[H]`."""
    edge = math.ceil(EDGE * r.length)
    share_ht = column_ratio(r)
    return share_ht[:, :edge].sum(-1) + share_ht[:, max(edge, r.length - edge) :].sum(-1)


def reference(A: NDArray[np.float64]) -> float:
    """The definition on one map `A [T, T]`."""
    T = len(A)
    edge = math.ceil(EDGE * T)
    share = A.sum(axis=0) / attending_rows(A)
    at_edges = [part for j, part in enumerate(share) if j < edge or j >= T - edge]
    return float(sum(part for part in at_edges if part > MULTIPLE / T))


STATISTIC = Statistic(
    name="sink_edge_share",
    doc="Share of a head's attention that goes to sinks in the first or last twentieth of the utterance.",
    units="1",
    source="otoscope, beside sink_share",
    needs=frozenset({"column_sum"}),
    value=value,
    reference=reference,
)
