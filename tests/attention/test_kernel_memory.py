"""The kernel never stores a whole attention map: its memory grows linearly with the utterance."""

from collections.abc import Callable

import torch
from torch.multiprocessing.reductions import StorageWeakRef

from otoscope.attention.inputs import AttentionOptions
from otoscope.attention.kernels.torch_tiles import attend
from otoscope.attention.labels import Labels
from otoscope.attention.reductions import LABEL_REDUCERS, TILE_REDUCERS
from otoscope.attention.torch_private import DispatchMode, storage_id, tensors_in


class PeakMemory(DispatchMode):
    """Measures the largest number of bytes in the storages that are created in its block."""

    def __init__(self) -> None:
        super().__init__()
        self.storages: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for tensor in tensors_in(result):
            storage = tensor.untyped_storage()
            self.storages[storage_id(tensor)] = (StorageWeakRef(storage), storage.nbytes())
        self.storages = {key: (ref, size) for key, (ref, size) in self.storages.items() if not ref.expired()}
        self.peak = max(self.peak, sum(size for _, size in self.storages.values()))
        return result


def peak(attention: Callable[[torch.Tensor], object], T: int) -> int:
    states = torch.ones(1, 1, T, 8)
    with PeakMemory() as memory:
        attention(states)
    return memory.peak


def tiled(states: torch.Tensor) -> object:
    labels = Labels(torch.arange(states.shape[2])[:, None] // 8 % 40, 40)
    return attend(
        states, states, states, AttentionOptions(scaling=1.0, needs={*TILE_REDUCERS, *LABEL_REDUCERS}, labels=[labels])
    )


def whole_map(states: torch.Tensor) -> object:
    return (states @ states.mT).softmax(-1) @ states


def test_memory_grows_linearly() -> None:
    assert peak(tiled, 4096) <= 4.4 * peak(tiled, 1024)
    assert peak(tiled, 4096) < 4096 * 4096 * 4 / 4, "a quarter of one map"


def test_the_measurement_includes_a_whole_map() -> None:
    assert peak(whole_map, 4096) > 15 * peak(whole_map, 1024)
    assert peak(whole_map, 1024) >= 2 * 1024 * 1024 * 4
