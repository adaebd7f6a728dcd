"""Size of the matrix by which a head writes."""

from otoscope.head_weights.matrices import frobenius_norms
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix

MEASURE = WeightMeasure(
    doc="Frobenius norm of the matrix by which a head writes, W_OV",
    units="weights",
    scope=Scope.head,
    matrices=(HeadMatrix.ov,),
    compute=frobenius_norms,
)
