"""Number of directions that the matrix by which a head writes uses."""

from torch import Tensor

from otoscope.head_weights.matrices import effective_ranks
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix, LayerProjections


def ov_effective_rank(layer: LayerProjections) -> Tensor:
    """Return it for the heads of a layer, `[H]`."""
    return effective_ranks(layer[HeadMatrix.ov])


MEASURE = WeightMeasure(
    doc="exponential of the entropy of the singular values of W_OV, divided by their sum (Roy and Vetterli 2007)",
    units="1",
    scope=Scope.head,
    matrices=frozenset({HeadMatrix.ov}),
    compute=ov_effective_rank,
)
