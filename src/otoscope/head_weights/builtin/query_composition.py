"""How much the queries of a head read what each head of the layer below writes."""

from torch import Tensor

from otoscope.head_weights.matrices import HeadMatrices, compositions
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix


def query_composition(scores: HeadMatrices, outputs_below: HeadMatrices) -> Tensor:
    """Return it for the heads of a layer and of the layer below, `[i, j]`: queries are on the left of W_QK."""
    return compositions(scores.transposed, outputs_below)


MEASURE = WeightMeasure(
    doc=(
        "Frobenius norm of W_QK' W_OV, the last matrix of a head one layer below, as a multiple of what unrelated "
        "matrices of these norms have (Elhage et al. 2021)"
    ),
    units="times chance",
    scope=Scope.head_below,
    matrices=(HeadMatrix.qk, HeadMatrix.ov),
    compute=query_composition,
)
