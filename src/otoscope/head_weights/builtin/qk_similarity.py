"""Similarity of the matrix by which a head scores of every two heads."""

from otoscope.head_weights.matrices import cosines
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix

MEASURE = WeightMeasure(
    doc="cosine between the elements of W_QK of two heads: 1 = the same up to size, 0 = unrelated",
    units="1",
    scope=Scope.two_heads,
    matrices=(HeadMatrix.qk, HeadMatrix.qk),
    compute=cosines,
)
