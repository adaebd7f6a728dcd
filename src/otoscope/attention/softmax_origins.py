"""Follow the weights of a softmax from the softmax to their product with the values.

Between the two, modules apply dropout, masks, casts and changes of shape. Each step makes a new tensor. Its origin is
the scores of the softmax, in the shape of the tensor. `SoftmaxOrigins` stores the origin of each tensor:

    scores ---> softmax ---> [dropout, cast, view] ---> [mask] ---> product with the values
                   |                  |                    |               |
              origin(scores)   origin(scores, as        the same,      reads the origin
                               view of them)            is_changed

A softmax in three steps (exponent, sum, quotient) gives the same origin. Weights that a mask changed are compared with
the softmax of their scores before they are used (`scores_of`).
"""

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from otoscope.attention.torch_private import WeakTensorDictionary, is_fake, tensors_in

MAX_ROUNDING = 1e3  # of the machine epsilon, between weights and the softmax of their scores


class SoftmaxStage(Enum):
    """What a tensor is in a softmax: the exponents of scores, their sums, or the weights."""

    EXPONENT = 1
    SUM = 2
    WEIGHTS = 3


@dataclass(frozen=True)
class Origin:
    """The scores that a tensor was computed from, in the shape of the tensor (for a sum: before the sum).

    Attributes:
        scores: the scores.
        stage: what the tensor is.
        is_changed: whether a mask or a factor may have changed the weights.
    """

    scores: Tensor
    stage: SoftmaxStage = SoftmaxStage.WEIGHTS
    is_changed: bool = False

    def scores_of(self, weights: Tensor) -> Tensor | None:
        """Return scores whose softmax are `weights` (rows of zeros: attend to nothing), or None if there are none."""
        if (self.stage is SoftmaxStage.WEIGHTS and not self.is_changed) or is_fake(weights):
            return self.scores
        scores = self.scores.masked_fill(weights == 0, -torch.inf)
        expected = scores.detach().softmax(-1).nan_to_num(0.0)
        tolerance = MAX_ROUNDING * torch.finfo(weights.dtype).eps
        is_softmax = bool((expected - weights.detach()).abs().max() <= tolerance)
        return scores if is_softmax else None


class SoftmaxOrigins:
    """The origin of each tensor that comes from a softmax; `follow` adds to it after each function of torch."""

    def __init__(self) -> None:
        """Start without origins."""
        self._origins: MutableMapping[Tensor, Origin] = WeakTensorDictionary()

    def get(self, tensor: object) -> Origin | None:
        """Return the origin of a tensor, or None."""
        return self._origins[tensor] if isinstance(tensor, Tensor) and tensor in self._origins else None

    def follow(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], result: object
    ) -> None:
        """Store the origin of the result of a function, if it has one."""
        target = args[0] if function in ASSIGNMENTS else result
        if isinstance(target, Tensor) and (origin := self._origin(function, args, kwargs, target)) is not None:
            self._origins[target] = origin

    def _origin(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], result: Tensor
    ) -> Origin | None:
        if function in SOFTMAX_FUNCTIONS:
            return Origin(args[0] if args else kwargs["input"])
        if function in EXPONENT_FUNCTIONS and isinstance(args[0], Tensor):
            return Origin(args[0], SoftmaxStage.EXPONENT)
        origins = list(self._origins_of(args, kwargs))
        if not origins:
            return None
        return _derived(function, args, kwargs, origins, result)

    def _origins_of(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[Origin]:
        for tensor in tensors_in((args, kwargs)):
            if (origin := self.get(tensor)) is not None:
                yield origin


def _derived(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    origins: Sequence[Origin],
    result: Tensor,
) -> Origin | None:
    """Return the origin of the result of a function of tensors that have origins, or None."""
    origin = origins[0]
    if function in VIEW_FUNCTIONS:
        is_sum = origin.stage is SoftmaxStage.SUM
        return origin if is_sum else replace(origin, scores=function(origin.scores, *args[1:], **kwargs))
    if function in SUM_FUNCTIONS and origin.stage is SoftmaxStage.EXPONENT:
        return replace(origin, stage=SoftmaxStage.SUM)
    if result.shape != origin.scores.shape or origin.stage is SoftmaxStage.SUM:
        return None
    if function in QUOTIENT_FUNCTIONS and [other.stage for other in origins] == [
        SoftmaxStage.EXPONENT,
        SoftmaxStage.SUM,
    ]:
        return replace(origin, stage=SoftmaxStage.WEIGHTS, is_changed=True)
    if function in COPY_FUNCTIONS or (function in DROPOUT_FUNCTIONS and not _is_training(args, kwargs)):
        return origin
    if function in (*CHANGE_FUNCTIONS, *DROPOUT_FUNCTIONS, *QUOTIENT_FUNCTIONS):
        return replace(origin, is_changed=True)
    return None


def _is_training(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Return whether a dropout with these arguments (input, p, training) changes its input."""
    return bool(kwargs.get("training", kwargs.get("train", args[2] if len(args) > 2 else True)))


SOFTMAX_FUNCTIONS = {F.softmax, torch.softmax, Tensor.softmax, torch.special.softmax}
EXPONENT_FUNCTIONS = {torch.exp, Tensor.exp}
SUM_FUNCTIONS = {torch.sum, Tensor.sum}
QUOTIENT_FUNCTIONS = {torch.div, torch.true_divide, Tensor.div, Tensor.div_, Tensor.__truediv__, Tensor.__itruediv__}
DROPOUT_FUNCTIONS = {F.dropout, F.dropout2d, F.alpha_dropout, torch.dropout}
COPY_FUNCTIONS = {
    *(Tensor.to, Tensor.type, Tensor.type_as, Tensor.float, Tensor.double, Tensor.half, Tensor.bfloat16),
    *(Tensor.contiguous, Tensor.clone, torch.clone, Tensor.detach, torch.detach, Tensor.cpu, Tensor.requires_grad_),
}
VIEW_FUNCTIONS = {
    *(Tensor.view, Tensor.reshape, torch.reshape, Tensor.flatten, torch.flatten, Tensor.unflatten, torch.unflatten),
    *(Tensor.transpose, torch.transpose, Tensor.permute, torch.permute, Tensor.movedim, torch.movedim),
    *(Tensor.swapaxes, torch.swapaxes, Tensor.swapdims, torch.swapdims, Tensor.unsqueeze, torch.unsqueeze),
    *(Tensor.squeeze, torch.squeeze, Tensor.expand, Tensor.mT.__get__, Tensor.t, torch.t),  # type: ignore[attr-defined]
}
CHANGE_FUNCTIONS = {
    *(Tensor.masked_fill, Tensor.masked_fill_, torch.masked_fill, torch.where, Tensor.where),
    *(torch.mul, torch.multiply, Tensor.mul, Tensor.mul_, Tensor.__mul__, Tensor.__imul__, Tensor.__rmul__),
    *(torch.nan_to_num, Tensor.nan_to_num, Tensor.nan_to_num_, torch.clamp, Tensor.clamp, Tensor.clamp_),
    *(torch.add, Tensor.add, Tensor.__add__, Tensor.__iadd__, Tensor.__sub__, Tensor.__setitem__),
}
ASSIGNMENTS = {Tensor.__setitem__}
