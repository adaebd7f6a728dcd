"""Bring the product of attention weights and values into one form, for every function of torch that computes it.

Axes: n any, q query, k key, d feature.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Product:
    """A product of two operands in the form `left [..., q, k] @ right [..., k, d]`.

    Attributes:
        left, right: the operands as the module gives them.
        to_left, to_right: bring the operands into the form.
        from_context: brings `[..., q, d]` into the form of the function's result.
    """

    left: Tensor
    right: Tensor
    to_left: Callable[[Tensor], Tensor]
    to_right: Callable[[Tensor], Tensor]
    from_context: Callable[[Tensor], Tensor]

    def swap(self) -> "Product":
        """Return the same product with its operands in the other order: `right.T @ left.T`."""
        return Product(
            left=self.right,
            right=self.left,
            to_left=lambda states: self.to_right(states).mT,
            to_right=lambda states: self.to_left(states).mT,
            from_context=lambda context: self.from_context(context.mT),
        )


def parse_product(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Product | None:
    """Return the product that a call of `function` computes, or None if it is in no known form."""
    if function is torch.einsum:
        return _parse_einsum(*args)
    if kwargs or len(args) != 2 or not all(isinstance(operand, Tensor) and operand.ndim >= 2 for operand in args):
        return None
    left, right = args if function not in REVERSED_FUNCTIONS else reversed(args)
    return Product(left, right, _same, _same, _same)


def _same(states: Tensor) -> Tensor:
    return states


def _parse_einsum(*args: Any) -> Product | None:
    """Return the product of two operands with one contracted axis, one axis of each alone, and shared axes."""
    operands = args[1] if len(args) == 2 and isinstance(args[1], (list, tuple)) else args[1:]
    if not isinstance(args[0], str) or len(operands) != 2:
        return None
    inputs, arrow, output = args[0].replace(" ", "").partition("->")
    left, comma, right = _spell_ellipsis(inputs, operands).partition(",")
    output = output.replace("...", _ellipsis(inputs, operands))
    shared = [axis for axis in output if axis in left and axis in right]
    query, feature = ([axis for axis in output if axis not in other] for other in (right, left))
    contracted = [axis for axis in left if axis in right and axis not in output]
    axes = len(shared) + 2
    if not (arrow and comma and len(query) == len(feature) == len(contracted) == 1 and len(left) == len(right) == axes):
        return None
    form = [*shared, *query, *feature]
    return Product(
        operands[0],
        operands[1],
        to_left=_permutation(left, [*shared, *query, *contracted]),
        to_right=_permutation(right, [*shared, *contracted, *feature]),
        from_context=_permutation(form, output),
    )


def _ellipsis(inputs: str, operands: Sequence[Tensor]) -> str:
    """Return letters for the axes that an ellipsis replaces."""
    terms = zip(inputs.split(","), operands, strict=False)
    counts = [states.ndim - len(term) + len("...") for term, states in terms if "..." in term]
    unused = [letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in inputs]
    return "".join(unused[: max(counts, default=0)])


def _spell_ellipsis(inputs: str, operands: Sequence[Tensor]) -> str:
    return inputs.replace("...", _ellipsis(inputs, operands))


def _permutation(axes: Sequence[str], wanted: Sequence[str]) -> Callable[[Tensor], Tensor]:
    order = [axes.index(axis) for axis in wanted]
    return lambda states: states.permute(order)


REVERSED_FUNCTIONS = {Tensor.__rmatmul__}
PRODUCT_FUNCTIONS: tuple[Callable[..., Any], ...] = (
    *(torch.bmm, Tensor.bmm, torch.matmul, Tensor.matmul, Tensor.__matmul__, Tensor.__rmatmul__),
    *(torch.linalg.matmul, torch.einsum),
)
