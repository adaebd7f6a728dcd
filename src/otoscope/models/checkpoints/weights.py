"""Give the weights of a checkpoint to a model: all of them, under new names, and nothing random."""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from otoscope.errors import InputError, shorten_error

Renaming = tuple[str, str]
"""Regular expression of a whole name, and the name in the model; an empty name drops a weight of training alone."""
NEW_WEIGHT_NORM = {
    "parametrizations.weight.original0": "weight_g",
    "parametrizations.weight.original1": "weight_v",
}
"""Names of torch's current weight normalisation, and those of the one before torch 2.0."""


def old_weight_norm(key: str) -> str:
    """Return the name of a weight with the names of weight normalisation before torch 2.0.

    Examples:
        >>> old_weight_norm("pos_conv.0.parametrizations.weight.original0")
        'pos_conv.0.weight_g'
    """
    for new, old in NEW_WEIGHT_NORM.items():
        if key.endswith(new):
            return key.removesuffix(new) + old
    return key


def rename(weights: Mapping[str, Any], renamings: Iterable[Renaming], path: Path, kind: str) -> dict[str, Tensor]:
    """Return the weights under the names of the model.

    Args:
        weights: tensors by name.
        renamings: the first that matches a name decides.
        path: the file, for messages.
        kind: the models that the file can hold, for messages.

    Raises:
        InputError: a name matches none, or its value is no tensor.
    """
    patterns = [(re.compile(pattern), name) for pattern, name in renamings]
    renamed = {}
    for key, tensor in weights.items():
        old = old_weight_norm(str(key))
        match = next(((match, name) for pattern, name in patterns if (match := pattern.fullmatch(old))), None)
        if match is None:
            raise InputError(f"{path} holds a weight '{key}', which no {kind} has")
        if not match[1]:
            continue
        if not isinstance(tensor, Tensor):
            raise InputError(f"{path} holds no weights under '{key}', but a {type(tensor).__name__}")
        renamed[match[0].expand(match[1])] = tensor
    return renamed


def without_prefix(weights: Mapping[str, Any], last: str, path: Path) -> dict[str, Any]:
    """Return the weights of the encoder without the prefix of the models around it, and those around it dropped.

    Args:
        weights: tensors by name.
        last: end of the name of one weight of the encoder, which every file has.
        path: the file, for messages.

    Raises:
        InputError: no name, or more than one, has this end.

    Examples:
        >>> without_prefix({"w2v.encoder.bias": 1, "w2v.encoder.weight": 2, "head": 3}, "encoder.bias", Path("x.pt"))
        {'encoder.bias': 1, 'encoder.weight': 2}
    """
    names = [key for key in weights if isinstance(key, str) and (key == last or key.endswith(f".{last}"))]
    if len(names) != 1:
        raise InputError(f"{path}: expected a weight '{last}' of one encoder, found {len(names)}")
    prefix = names[0].removesuffix(last)
    return {str(key).removeprefix(prefix): value for key, value in weights.items() if str(key).startswith(prefix)}


def build_on_meta(model: Any, config: Any, path: Path) -> Any:
    """Return a model without memory for its weights, so that a weight that is missing can never be random.

    Raises:
        InputError: the configuration makes no model.
    """
    try:
        with torch.device("meta"):
            return model(config).eval()
    except Exception as error:  # each class of transformers checks its settings in its own way, or not at all
        reason = f"{type(error).__name__}: {shorten_error(error)}"
        raise InputError(f"{path} has settings that no model has: {reason}") from error


def give_weights(model: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Give weights to a model that has none yet, in float32.

    Args:
        model: made by `build_on_meta`.
        weights: tensors by name of the model.
        path: the file, for messages.

    Raises:
        InputError: a weight is missing, has another shape, or the model has no place for it.
    """
    shapes = {old_weight_norm(key): tensor.shape for key, tensor in model.state_dict().items()}
    if missing := shapes.keys() - weights.keys():
        raise InputError(f"{path} {describe_missing(missing)}")
    if extra := weights.keys() - shapes.keys():
        raise InputError(f"{path} {describe_extra(extra)}")
    for key, shape in shapes.items():
        if weights[key].shape != shape:
            raise InputError(
                f"{path} has weights of another shape than its configuration says: '{key}' is "
                f"{tuple(weights[key].shape)}, expected {tuple(shape)}"
            )
        if not weights[key].is_floating_point():
            raise InputError(f"{path} has quantised weights ('{key}' is {weights[key].dtype}); expected floating point")
    model.load_state_dict({key: tensor.to(torch.float32, copy=True) for key, tensor in weights.items()}, assign=True)


def describe_missing(names: Collection[str]) -> str:
    """Return what a message says of weights that are missing.

    >>> describe_missing({"encoder.bias"})
    'lacks 1 weight of its model (encoder.bias)'
    """
    return f"lacks {_count(names)} of its model ({_first(names)})"


def describe_extra(names: Collection[str]) -> str:
    """Return what a message says of weights that a model does not have.

    >>> describe_extra(["d", "c", "b", "a"])
    'has 4 weights that its model has no place for (a, b, c, ...)'
    """
    return f"has {_count(names)} that its model has no place for ({_first(names)})"


def _count(names: Collection[str]) -> str:
    return "1 weight" if len(names) == 1 else f"{len(names)} weights"


def _first(names: Collection[str]) -> str:
    return ", ".join(sorted(names)[:3]) + (", ..." if len(names) > 3 else "")
