"""Every private part of torch that the package uses does what the package expects of it."""

import torch

from otoscope.attention.torch_private import (
    DispatchMode,
    WeakTensorDictionary,
    allocates,
    cpu_flash_attention,
    fake_tensor_mode,
    is_fake,
    operation_name,
    storage_id,
    tensors_in,
)


class OperationList(DispatchMode):
    """Lists the operations within its block."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.operations.append(func)
        return func(*args, **(kwargs or {}))


def test_a_fake_tensor_has_a_shape_and_no_data() -> None:
    x = torch.ones(2, 3)
    mode = fake_tensor_mode()
    with mode:
        product = mode.from_tensor(x) @ torch.ones(3, 4)
    assert is_fake(product)
    assert product.shape == (2, 4)
    assert not is_fake(x)


def test_tensors_are_listed_from_nested_values() -> None:
    a, b = torch.zeros(1), torch.ones(1)
    assert [float(x) for x in tensors_in({"a": a, "n": 3, "list": [(b, None)]})] == [0, 1]


def test_tensors_that_share_memory_have_one_storage_id() -> None:
    x, other = torch.zeros(2, 3), torch.zeros(2, 3)
    assert storage_id(x) == storage_id(x.view(6)) == storage_id(x[1:])
    assert storage_id(x) != storage_id(other)
    mode = fake_tensor_mode()
    with mode:
        fake = mode.from_tensor(x)
        assert storage_id(fake) == storage_id(fake.view(6))
        assert storage_id(fake) != storage_id(fake + 1)


def test_views_and_changes_in_place_do_not_allocate() -> None:
    x = torch.zeros(2, 3)
    with OperationList() as mode:
        x + 1
        x.view(6)
        x.add_(1)
    assert [allocates(operation) for operation in mode.operations] == [True, False, False]


def test_attention_on_a_cpu_is_the_flash_operation() -> None:
    x = torch.zeros(1, 1, 4, 8)
    with OperationList() as mode, torch.no_grad():
        torch.nn.functional.scaled_dot_product_attention(x, x, x)
    assert cpu_flash_attention() in [operation.overloadpacket for operation in mode.operations]


def test_a_weak_dictionary_forgets_tensors_that_no_longer_exist() -> None:
    """Its keys are tensors, not their values."""
    tensor, equal = torch.ones(2), torch.ones(2)
    dictionary = WeakTensorDictionary()
    dictionary[tensor] = 1
    dictionary[equal] = 2
    assert (dictionary[tensor], len(dictionary)) == (1, 2)
    del equal
    assert len(dictionary) == 1


def test_an_operation_has_a_name_without_its_overload() -> None:
    with OperationList() as performed:
        torch.ones(1, 2, 3) @ torch.ones(1, 3, 2)
    assert "bmm" in [operation_name(operation) for operation in performed.operations]
