"""The processes of a training that torchrun or accelerate started, as one group of torch."""

import os

import torch
from torch import Tensor, distributed

from otoscope._io.ranks import process_count


def join_processes() -> None:
    """Wait for all processes of the training; each uses the GPU of its number. Without others, do nothing."""
    if process_count() == 1:
        return
    has_gpu = torch.cuda.is_available()
    if has_gpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if has_gpu else "gloo")
    distributed.barrier()


def sum_over_processes(values: Tensor) -> Tensor:
    """Return the sum of a tensor over all processes; it is summed in place.

    >>> sum_over_processes(torch.ones(2)).tolist()
    [1.0, 1.0]
    """
    if process_count() > 1:
        distributed.all_reduce(values)
    return values
