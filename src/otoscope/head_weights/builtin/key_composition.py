"""How much the keys of a head read what each head of the layer below writes."""

from otoscope.head_weights.matrices import compositions
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix

MEASURE = WeightMeasure(
    doc=(
        "Frobenius norm of W_QK W_OV, the last matrix of a head one layer below, as a multiple of what unrelated "
        "matrices of these norms have (Elhage et al. 2021)"
    ),
    units="times chance",
    scope=Scope.head_below,
    matrices=(HeadMatrix.qk, HeadMatrix.ov),
    compute=compositions,
)
