"""Number of directions that the matrix by which a head writes uses."""

from otoscope.head_weights.matrices import effective_ranks
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.projections import HeadMatrix

MEASURE = WeightMeasure(
    doc="exponential of the entropy of the singular values of W_OV, divided by their sum (Roy and Vetterli 2007)",
    units="1",
    scope=Scope.head,
    matrices=(HeadMatrix.ov,),
    compute=effective_ranks,
)
