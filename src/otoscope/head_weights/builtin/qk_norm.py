"""Size of the matrix by which a head scores."""

from otoscope.head_weights.matrices import frobenius_norms
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix

MEASURE = WeightMeasure(
    doc="Frobenius norm of the matrix by which a head scores, W_QK",
    units="weights",
    scope=Scope.head,
    matrices=(HeadMatrix.qk,),
    compute=frobenius_norms,
)
