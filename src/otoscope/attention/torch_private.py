"""Wrap the private parts of torch that otoscope uses: one function or name per symbol, each with a test.

If a new version of torch breaks one, `tests/attention/test_torch_private.py` names it.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakTensorKeyDictionary as WeakTensorDictionary

__all__ = [
    "DispatchMode",
    "WeakTensorDictionary",
    "allocates",
    "cpu_flash_attention",
    "fake_tensor_mode",
    "is_fake",
    "operation_name",
    "storage_id",
    "tensors_in",
]

DispatchMode = TorchDispatchMode
"""Base class of a context manager that receives every operation on tensors."""


def is_fake(tensor: Tensor) -> bool:
    """Return whether a tensor has a shape but no data."""
    return isinstance(tensor, FakeTensor)


def fake_tensor_mode() -> FakeTensorMode:
    """Return a context manager in which operations compute shapes only; `from_tensor` makes a tensor without data."""
    return FakeTensorMode(allow_non_fake_inputs=True)


def tensors_in(values: Any) -> Iterator[Tensor]:
    """Iterate over the tensors in nested lists, tuples and dictionaries."""
    return (value for value in tree_leaves(values) if isinstance(value, Tensor))


def storage_id(tensor: Tensor) -> int:
    """Return a number that is the same for two tensors if they share memory, also for tensors without data.

    It is unique only while the tensors exist.
    """
    return int(tensor.untyped_storage()._cdata)


def allocates(operation: Any) -> bool:
    """Return whether a dispatched operation returns new tensors: no views, and nothing that it changed in place."""
    return not any(returned.alias_info for returned in operation._schema.returns)


def operation_name(operation: Any) -> str:
    """Return the name of a dispatched operation without its namespace and overload, such as `bmm`."""
    return str(operation.overloadpacket.__name__)


def cpu_flash_attention() -> Any:
    """Return the operation by which torch computes scaled dot product attention on a CPU."""
    return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
