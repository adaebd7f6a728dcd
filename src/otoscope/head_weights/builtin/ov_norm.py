"""Size of the matrix by which a head writes."""

from torch import Tensor

from otoscope.head_weights.matrices import frobenius_norms
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix, LayerProjections


def ov_norm(layer: LayerProjections) -> Tensor:
    """Return it for the heads of a layer, `[H]`."""
    return frobenius_norms(layer[HeadMatrix.ov])


MEASURE = WeightMeasure(
    doc="Frobenius norm of the matrix by which a head writes, W_OV",
    units="weights",
    scope=Scope.head,
    matrices=frozenset({HeadMatrix.ov}),
    compute=ov_norm,
)
