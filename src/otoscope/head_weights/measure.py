"""What a measure of weights is: a number of a head, of two heads, or of a head and one in the layer below."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from torch import Tensor

from otoscope.head_weights.projections import HeadMatrix, LayerProjections


class Scope(Enum):
    """The dimensions of a measure; the value names them in a run."""

    head = ("layer", "head")
    two_heads = ("layer", "head", "other_layer", "other_head")
    head_below = ("layer", "head", "other_head")


@dataclass(frozen=True)
class WeightMeasure:
    """A number that follows from the weights of heads.

    Attributes:
        doc: what it is, with the source of the formula.
        units: of the number.
        scope: what it is a number of.
        matrices: what it is computed from: a matrix of the heads of a layer and, in the other scopes, one of the heads
            of the other layer.
        compute: returns it, `[H]`; in the other scopes for every two heads, `[i, j]`.
    """

    doc: str
    units: str
    scope: Scope
    matrices: tuple[HeadMatrix, ...]
    compute: Callable[..., Tensor]

    def of_layers(self, *layers: LayerProjections) -> Tensor:
        """Return it for a layer and, in the other scopes, another layer."""
        return self.compute(*(layer[matrix] for layer, matrix in zip(layers, self.matrices, strict=True)))

    def is_defined(self, layers: Sequence[LayerProjections]) -> bool:
        """Return whether all layers have the matrices."""
        return all(matrix in layer for layer in layers for matrix in self.matrices)
