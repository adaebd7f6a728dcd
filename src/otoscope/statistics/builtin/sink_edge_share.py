"""Sinks at the edges: the share of attention that goes to sinks in the first or last twentieth of the utterance."""

import math

from torch import Tensor

from otoscope.statistics.builtin.sink_share import MULTIPLE, sink_share_by_frame
from otoscope.statistics.reference import attending_rows
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats

EDGE = 1 / 20  # of the utterance, at each end; at least one frame


def value(reductions: RequiredReductions) -> Tensor:
    """Return the share of attention on sinks at the edges, `[H]`."""
    edge = math.ceil(EDGE * reductions.length)
    share_ht = sink_share_by_frame(reductions)
    return share_ht[:, :edge].sum(-1) + share_ht[:, max(edge, reductions.length - edge) :].sum(-1)


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    T = len(A)
    edge = math.ceil(EDGE * T)
    share = A.sum(axis=0) / attending_rows(A)
    at_edges = [part for j, part in enumerate(share) if j < edge or j >= T - edge]
    return float(sum(part for part in at_edges if part > MULTIPLE / T))


STATISTIC = Statistic(
    name="sink_edge_share",
    doc="Share of a head's attention that goes to sinks in the first or last twentieth of the utterance.",
    units="1",
    source="otoscope, in addition to sink_share",
    requires=frozenset({"column_sum"}),
    value=value,
    reference=reference,
)
