"""Several processes on this machine, by the pool of the standard library. Each loads the model once."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import forkserver, get_all_start_methods, get_context
from typing import Any

from otoscope.runs.executors.executor import Executor, Load, PartT, Resource, Result, Work, Workers
from otoscope.runs.executors.worker_pool import WorkerPool
from otoscope.runs.executors.worker_process import start_worker

CONTEXT: Any = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
PRELOADED = (
    "torch",
    "transformers.modeling_utils",
    "lhotse",
    "scipy.signal",
    "otoscope.models.load",
    "otoscope.runs.part_map",
    "otoscope.attention.kernels.preloaded",
)
"""Modules that load slowly: the server of processes imports them once for all workers."""


class ProcessExecutor(Executor):
    """Works in several processes on this machine.

    Args:
        workers: number of processes.
        devices: names of the GPUs that workers share out, as `CUDA_VISIBLE_DEVICES` has them.
        stall: seconds without progress after which a worker is replaced; None waits.
        clock: returns the time in seconds.
    """

    def __init__(
        self,
        workers: int,
        devices: Sequence[str] = (),
        stall: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Store the number of processes; start none yet."""
        self.workers, self.devices, self.stall, self.clock = workers, devices, stall, clock

    @contextmanager
    def open(self, load: Load[Resource], work: Work[Resource, PartT, Result]) -> Iterator[Workers[PartT, Result]]:
        """Provide the processes. `load`, `work`, parts and results must be picklable."""
        start_server()
        pool: WorkerPool[PartT, Result] = WorkerPool(partial(self._start_pool, load, work), self.workers, self)
        try:
            yield pool.results
        finally:
            pool.end()

    def _start_pool(self, load: Load[Any], work: Work[Any, Any, Any]) -> tuple[ProcessPoolExecutor, Any]:
        """Return a pool, and the queue on which its workers report progress."""
        devices, reports = CONTEXT.SimpleQueue(), CONTEXT.SimpleQueue()
        for number in range(self.workers):
            devices.put(self.devices[number % len(self.devices)] if self.devices else None)
        arguments = (load, work, devices, reports)
        return ProcessPoolExecutor(self.workers, CONTEXT, initializer=start_worker, initargs=arguments), reports


def start_server(modules: Sequence[str] = ()) -> None:
    """Start the server of processes: it imports slow modules while this process imports its own.

    Called again, and where the platform has no such server, it does nothing.

    Args:
        modules: names of further modules that the work of this command needs.
    """
    if CONTEXT.get_start_method() == "forkserver":
        CONTEXT.set_forkserver_preload([*PRELOADED, *modules])
        forkserver.ensure_running()


def visible_devices(count: int) -> list[str]:
    """Return the names of `count` GPUs, as `CUDA_VISIBLE_DEVICES` has them."""
    names = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    return names or [str(number) for number in range(count)]
