"""Choose the executor that options ask for."""

import torch

from otoscope.runs.executors.executor import Executor, LocalExecutor
from otoscope.runs.executors.processes import ProcessExecutor, visible_devices
from otoscope.runs.executors.ray_cluster import RayExecutor
from otoscope.runs.options import ExecutionOptions


def make_executor(options: ExecutionOptions, threads: int, device: str) -> Executor:
    """Return the executor of some options.

    Args:
        options: where to compute.
        threads: threads of each worker.
        device: type of the model's device; on `cuda`, workers share out the GPUs.
    """
    if options.ray is not None:
        return RayExecutor(options.ray, cpus=threads, gpus=1 if device == "cuda" else 0)
    if options.workers == 1:
        return LocalExecutor()
    return ProcessExecutor(options.workers, visible_devices(torch.cuda.device_count()), options.stall)


def uses_processes(options: ExecutionOptions) -> bool:
    """Return whether other processes load the model."""
    return options.ray is not None or options.workers > 1


def threads_of(options: ExecutionOptions) -> int:
    """Return the number of threads of each worker: its share of those of this process."""
    return max(1, torch.get_num_threads() // options.workers)
