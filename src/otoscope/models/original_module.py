"""Find the module that a compiled module runs, and refuse modules that torch cannot look into."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from otoscope.errors import InputError

QUANTISED_PACKAGES = ("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized", "torch.nn.quantized")
ADVICE = "pass the original nn.Module"


def original_module(module: Any) -> nn.Module:
    """Return the module that the user wrote: of a compiled module, the uncompiled one.

    Raises:
        InputError: it is no module, or it is scripted, traced, exported or quantised, whole or in part.
    """
    if isinstance(module, torch.export.ExportedProgram):
        raise InputError(f"expected an nn.Module, found an exported program; {ADVICE} that was exported")
    if not isinstance(module, nn.Module):
        raise InputError(f"expected an nn.Module, found {type(module).__name__}; {ADVICE}")
    module = getattr(module, "_orig_mod", module)
    for name, part in module.named_modules():
        if kind := _opaque_kind(part):
            place = f"{name} ({type(part).__name__})" if name else type(part).__name__
            raise InputError(f"expected a module in Python with float weights, found {kind} module: {place}; {ADVICE}")
    return module


def _opaque_kind(module: nn.Module) -> str:
    """Return how a module hides its attention or its weights; empty if it does not."""
    if isinstance(module, torch.jit.ScriptModule):
        return "a scripted or traced"
    if isinstance(module, torch.fx.GraphModule) and _runs_operations(module):
        return "an exported"
    is_packed = type(module).__module__.startswith(QUANTISED_PACKAGES)
    if is_packed or any(not _is_plain(tensor) for tensor in _weights_of(module)):
        return "a quantised"
    return ""


def _runs_operations(module: torch.fx.GraphModule) -> bool:
    """Return whether a graph calls operations of torch's core, as exported graphs do."""
    return any(isinstance(node.target, torch._ops.OpOverload) for node in module.graph.nodes)


def _weights_of(module: nn.Module) -> Iterator[Tensor]:
    if isinstance(module, (nn.Linear, nn.Conv1d, nn.MultiheadAttention)):
        yield from module.parameters(recurse=False)


def _is_plain(weights: Tensor) -> bool:
    """Return whether weights are stored as floating-point numbers, in a tensor of torch itself."""
    return type(weights) in (Tensor, nn.Parameter) and weights.is_floating_point()


def without_compilation(module: nn.Module) -> AbstractContextManager[Any]:
    """Return a context in which a module runs as it was written, also where it or a part of it is compiled."""
    return torch.compiler.set_stance("force_eager") if _is_compiled(module) else nullcontext()


def _is_compiled(module: nn.Module) -> bool:
    return any(hasattr(part, "_orig_mod") or part._compiled_call_impl is not None for part in module.modules())
