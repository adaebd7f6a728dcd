"""Similarity of the matrix by which a head scores of every two heads."""

from torch import Tensor

from otoscope.head_weights.matrices import cosines
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix, LayerProjections


def qk_similarity(layer: LayerProjections, other: LayerProjections) -> Tensor:
    """Return it for the heads of two layers, `[i, j]`."""
    return cosines(layer[HeadMatrix.qk], other[HeadMatrix.qk])


MEASURE = WeightMeasure(
    doc="cosine between the elements of W_QK of two heads: 1 = the same up to size, 0 = unrelated",
    units="1",
    scope=Scope.two_heads,
    matrices=frozenset({HeadMatrix.qk}),
    compute=qk_similarity,
)
