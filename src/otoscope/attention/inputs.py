"""Describe what an attention layer computes, and pass one utterance's heads to a kernel.

Axes: b utterance, h head, t frame, q query, k key, d feature.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from torch import Tensor

from otoscope.attention.labels import Labels


@dataclass(frozen=True)
class AttentionOptions:
    """Options of `attend`, for a layer of B utterances, H heads and T frames.

    Attributes:
        scaling: factor of the scores.
        lengths: valid frames of each utterance, `[B]`; padding, on the right, is never read. None: all frames.
        bias: added to the scores, broadcasts to `[B, H, T, T]`. -inf (or the minimum of its dtype) forbids a key. A
            query whose keys are all forbidden attends to nothing.
        radius: an intervention: queries attend to keys at most so many frames away.
        renormalise: whether the softmax is over the keys within `radius`; otherwise it is over all keys, and weights
            beyond `radius` are set to zero.
        span: limit of the model itself, in frames; keys beyond it are never in the softmax.
        needs: names of fields of `Reductions`; others are not computed.
        labels: the phones of each utterance's valid frames, for the reductions that require them.
        context_alone: no reductions are ever requested, so torch's own attention may compute the context.
    """

    scaling: float
    lengths: Sequence[int] | Tensor | None = None
    bias: Tensor | None = None
    radius: int | None = None
    renormalise: bool = True
    span: int | None = None
    needs: Collection[str] = frozenset()
    labels: Sequence[Labels] | None = None
    context_alone: bool = False


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
