"""How much the queries of a head read what each head of the layer below writes."""

from torch import Tensor

from otoscope.head_weights.matrices import compositions
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix, LayerProjections


def query_composition(layer: LayerProjections, below: LayerProjections) -> Tensor:
    """Return it for the heads of a layer and of the layer below, `[i, j]`."""
    return compositions(layer[HeadMatrix.qk].transposed, below[HeadMatrix.ov])


MEASURE = WeightMeasure(
    doc=(
        "Frobenius norm of W_QK' W_OV, the last matrix of a head one layer below, as a multiple of what unrelated "
        "matrices of these norms have (Elhage et al. 2021)"
    ),
    units="times chance",
    scope=Scope.head_below,
    matrices=frozenset({HeadMatrix.qk, HeadMatrix.ov}),
    compute=query_composition,
)
