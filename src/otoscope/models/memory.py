"""Estimate how much memory a model needs for some audio, before it runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from otoscope.attention.call import AttentionCall
from otoscope.attention.kernels.torch_tiles import TILE_QUERIES
from otoscope.attention.torch_private import DispatchMode, allocates, fake_tensor_mode, storage_id, tensors_in
from otoscope.errors import InputError
from otoscope.models.capture import forward_inputs
from otoscope.models.encoder import Encoder

CHECK_FROM_SECONDS = 60.0  # of audio; shorter audio is not checked
GIB = 2**30
CGROUP = Path("/sys/fs/cgroup")


def check_memory(encoder: Encoder, wave: np.ndarray) -> None:
    """Raise InputError if a long wave `[samples]` needs more memory than is free."""
    seconds = len(wave) / encoder.sampling_rate
    if seconds <= CHECK_FROM_SECONDS:
        return
    needed, free = estimate_memory(encoder, wave), available_memory(encoder.device)
    if needed > free:
        raise InputError(
            f"{seconds:.0f} s of audio at once would take {encoder.name} about {needed / GIB:.1f} GiB of memory, and "
            f"{free / GIB:.1f} GiB are free; analyze it in windows (--window 60)"
        )


def estimate_memory(encoder: Encoder, wave: np.ndarray) -> int:
    """Return an estimate of the bytes that one measurement of a wave `[samples]` allocates in addition to the weights.

    The model runs on tensors without data, so that little is computed and nothing is allocated. The sizes of these
    tensors are counted. Memory that operations use internally is not.
    """
    inputs, without_data, tracker = encoder.inputs([wave]), fake_tensor_mode(), AllocationTracker()
    inputs = {name: without_data.from_tensor(tensor) for name, tensor in inputs.items()}
    with torch.no_grad(), without_data, tracker:
        forward_inputs(encoder, inputs, _context)
    return tracker.max_bytes


def available_memory(device: torch.device) -> int:
    """Return the bytes of free memory of a device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return min([int(psutil.virtual_memory().available), *_cgroup_headroom()])


def _cgroup_headroom() -> Iterator[int]:
    """Yield the bytes that this process's control group may still allocate, if it has a limit."""
    limit, used = (CGROUP / name for name in ("memory.max", "memory.current"))
    if limit.is_file() and (most := limit.read_text().strip()) != "max":
        yield int(most) - int(used.read_text())


def _context(call: AttentionCall) -> Tensor:
    """Allocate what the statistics kernel allocates for a call: copies of its states, two tiles, and the context."""
    B, H, T, _ = call.query_bhtd.shape
    states = [x.clone() for x in (call.query_bhtd, call.key_bhtd, call.value_bhtd)]
    tiles = call.query_bhtd.new_empty(2, TILE_QUERIES, T + TILE_QUERIES, dtype=torch.float32)
    context = states[2].new_empty(B, T, H, call.value_bhtd.shape[-1])
    del tiles
    return context


class AllocationTracker(DispatchMode):  # type: ignore[no-untyped-call]
    """Tracks the bytes of all tensors that were made in it and still exist; `max_bytes` is the largest sum."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.sizes: dict[int, tuple[StorageWeakRef, int]] = {}
        self.max_bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation, and count its new tensors."""
        result = func(*args, **(kwargs or {}))
        if allocates(func):
            for tensor in tensors_in(result):
                storage = tensor.untyped_storage()
                reference = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
                self.sizes[storage_id(tensor)] = (reference, storage.nbytes())
        expired = [key for key, (reference, _) in self.sizes.items() if reference.expired()]  # type: ignore[no-untyped-call]
        for key in expired:
            del self.sizes[key]
        self.max_bytes = max(self.max_bytes, sum(size for _, size in self.sizes.values()))
        return result
