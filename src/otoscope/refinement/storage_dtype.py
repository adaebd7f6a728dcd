"""How precisely weights go to disk: what was stored in half precision does not grow by being refined."""

from collections.abc import Collection

import torch
from torch import Tensor, nn

HALVES = (torch.float16, torch.bfloat16)


def stored_weights(model: nn.Module) -> dict[str, Tensor]:
    """Weights as they go to disk: each in half precision where that holds it exactly; tied ones stay one tensor."""
    stored: dict[int, Tensor] = {}
    weights = model.state_dict(keep_vars=True)
    for weight in weights.values():
        stored.setdefault(id(weight), weight.detach().to(precision([weight.detach()])))
    return {name: stored[id(weight)] for name, weight in weights.items()}


def precision(weights: Collection[Tensor]) -> torch.dtype:
    """The half precision that holds all of some weights exactly, else their own.

    >>> precision([torch.tensor([0.5]), torch.tensor([1.0, 65536.0])]), precision([torch.tensor([0.1])])
    (torch.bfloat16, torch.float32)
    """
    floats = [weight for weight in weights if weight.is_floating_point()]
    held = (half for half in HALVES if floats and all(_holds(half, weight) for weight in floats))
    return next(held, next(weight.dtype for weight in floats or weights))


def round_as(model: nn.Module, weights: Collection[Tensor]) -> None:
    """Round the parameters, in place, to the precision that holds some other `weights`."""
    half = precision(weights)
    for parameter in model.parameters():
        parameter.data = parameter.data.to(half).to(parameter.dtype)


def _holds(half: torch.dtype, weight: Tensor) -> bool:
    return torch.equal(weight.to(half).to(weight.dtype), weight)
