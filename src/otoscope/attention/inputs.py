"""One utterance's heads in one layer, as a kernel is given them.

Axes: h head, q query, k key, d feature.
"""

from dataclasses import dataclass

from torch import Tensor

from otoscope.attention.labels import Labels


@dataclass(frozen=True)
class SpanLimits:
    """How many frames from a query keys compete in the softmax (`reach`), and still count after it (`kept`)."""

    softmax_radius: int
    output_radius: int

    def keys(self, queries: slice, length: int) -> slice:
        """Keys to compute for a tile of queries."""
        return slice(max(0, queries.start - self.softmax_radius), min(length, queries.stop + self.softmax_radius))


@dataclass(frozen=True)
class AttentionInputs:
    """Queries, keys and values as the model has them, padding gone; scores are `scaling * query . key + bias`."""

    query_hqd: Tensor
    key_hkd: Tensor
    value_hkd: Tensor
    scaling: float
    bias_hqk: Tensor | None
    span: SpanLimits
    labels: Labels | None
