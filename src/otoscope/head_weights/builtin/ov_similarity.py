"""Similarity of the matrix by which a head writes of every two heads."""

from torch import Tensor

from otoscope.head_weights.matrices import cosines
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix, LayerProjections


def ov_similarity(layer: LayerProjections, other: LayerProjections) -> Tensor:
    """Return it for the heads of two layers, `[i, j]`."""
    return cosines(layer[HeadMatrix.ov], other[HeadMatrix.ov])


MEASURE = WeightMeasure(
    doc="cosine between the elements of W_OV of two heads: 1 = the same up to size, 0 = unrelated",
    units="1",
    scope=Scope.two_heads,
    matrices=frozenset({HeadMatrix.ov}),
    compute=ov_similarity,
)
