"""Number of directions that the matrix by which a head scores uses."""

from torch import Tensor

from otoscope.head_weights.matrices import effective_ranks
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix, LayerProjections


def qk_effective_rank(layer: LayerProjections) -> Tensor:
    """Return it for the heads of a layer, `[H]`."""
    return effective_ranks(layer[HeadMatrix.qk])


MEASURE = WeightMeasure(
    doc="exponential of the entropy of the singular values of W_QK, divided by their sum (Roy and Vetterli 2007)",
    units="1",
    scope=Scope.head,
    matrices=frozenset({HeadMatrix.qk}),
    compute=qk_effective_rank,
)
