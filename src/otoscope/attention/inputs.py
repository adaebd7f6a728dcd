"""Pass one utterance's heads in one layer to a kernel.

Axes: h head, q query, k key, d feature.
"""

from dataclasses import dataclass

from torch import Tensor

from otoscope.attention.labels import Labels


@dataclass(frozen=True)
class SpanLimits:
    """Distances in frames up to which a query attends to keys.

    Attributes:
        softmax_radius: keys further away are not in the softmax.
        output_radius: weights of keys further away are set to zero after the softmax.
    """

    softmax_radius: int
    output_radius: int

    def keys(self, queries: slice, length: int) -> slice:
        """Return the keys to compute for a tile of queries."""
        return slice(max(0, queries.start - self.softmax_radius), min(length, queries.stop + self.softmax_radius))


@dataclass(frozen=True)
class AttentionInputs:
    """Queries, keys and values of the model without padding; scores are `scaling * query . key + bias`."""

    query_hqd: Tensor
    key_hkd: Tensor
    value_hkd: Tensor
    scaling: float
    bias_hqk: Tensor | None
    span: SpanLimits
    labels: Labels | None
