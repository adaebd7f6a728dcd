"""No whole attention map is ever held: what the kernel allocates grows linearly with the utterance."""

from collections.abc import Callable

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from otoscope.attention.kernels.tiled import attend
from otoscope.attention.labels import Labels
from otoscope.attention.reductions import LABEL_REDUCERS, TILE_REDUCERS


class Ruler(TorchDispatchMode):
    """Keeps the largest number of bytes that storages created under it held at once."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                self.alive[storage._cdata] = (StorageWeakRef(storage), storage.nbytes())
        self.alive = {key: (ref, size) for key, (ref, size) in self.alive.items() if not ref.expired()}
        self.peak = max(self.peak, sum(size for _, size in self.alive.values()))
        return result


def peak(attention: Callable[[torch.Tensor], object], T: int) -> int:
    states = torch.ones(1, 1, T, 8)
    with Ruler() as ruler:
        attention(states)
    return ruler.peak


def ours(states: torch.Tensor) -> object:
    labels = Labels(torch.arange(states.shape[2])[:, None] // 8 % 40, 40)
    return attend(states, states, states, scaling=1.0, needs={*TILE_REDUCERS, *LABEL_REDUCERS}, labels=[labels])


def whole_map(states: torch.Tensor) -> object:
    return (states @ states.mT).softmax(-1) @ states


def test_memory_grows_linearly() -> None:
    assert peak(ours, 4096) <= 4.4 * peak(ours, 1024)
    assert peak(ours, 4096) < 4096 * 4096 * 4 / 4, "a quarter of one map"


def test_the_ruler_sees_a_whole_map() -> None:
    assert peak(whole_map, 4096) > 15 * peak(whole_map, 1024)
    assert peak(whole_map, 1024) >= 2 * 1024 * 1024 * 4
