"""Similarity of the matrix by which a head writes of every two heads."""

from otoscope.head_weights.matrices import cosines
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix

MEASURE = WeightMeasure(
    doc="cosine between the elements of W_OV of two heads: 1 = the same up to size, 0 = unrelated",
    units="1",
    scope=Scope.two_heads,
    matrices=(HeadMatrix.ov, HeadMatrix.ov),
    compute=cosines,
)
