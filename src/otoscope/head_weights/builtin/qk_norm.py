"""Size of the matrix by which a head scores."""

from torch import Tensor

from otoscope.head_weights.matrices import frobenius_norms
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix, LayerProjections


def qk_norm(layer: LayerProjections) -> Tensor:
    """Return it for the heads of a layer, `[H]`."""
    return frobenius_norms(layer[HeadMatrix.qk])


MEASURE = WeightMeasure(
    doc="Frobenius norm of the matrix by which a head scores, W_QK",
    units="weights",
    scope=Scope.head,
    matrices=frozenset({HeadMatrix.qk}),
    compute=qk_norm,
)
