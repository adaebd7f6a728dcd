"""Several processes on this machine, by the pool of the standard library. Each loads the model once."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.connection import wait as wait_for_end
from typing import Any

from otoscope.errors import InputError
from otoscope.runs.executors.executor import OnProgress, PartT, Resource, Result, Worker

CONTEXT: Any = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
PRELOADED = ["torch", "transformers.modeling_utils", "lhotse", "scipy.signal"]
"""Modules that load slowly: the server of processes imports them once for all workers."""
QUEUED = 2
"""Parts a worker that are submitted at a time, so that no worker waits and memory does not grow with the corpus."""


_worker: list[Worker] = []  # of this process, set once by `_start`


class ProcessExecutor:
    """Works in several processes on this machine.

    Args:
        workers: number of processes.
        devices: names of the GPUs that workers share out, as `CUDA_VISIBLE_DEVICES` has them.
    """

    is_local = False

    def __init__(self, workers: int, devices: Sequence[str] = ()) -> None:
        """Store the number of processes; start none yet."""
        self.workers, self.devices = workers, devices

    def map(
        self,
        load: Callable[[], Resource],
        work: Callable[[Resource, PartT, OnProgress], Result],
        parts: Iterable[PartT],
        on_progress: OnProgress,
    ) -> Iterator[tuple[PartT, Result]]:
        """Yield each part with its result, as they come. `load`, `work`, parts and results must be picklable."""
        CONTEXT.set_forkserver_preload(PRELOADED)
        devices = CONTEXT.SimpleQueue()
        for number in range(self.workers):
            devices.put(self.devices[number % len(self.devices)] if self.devices else None)
        pool = ProcessPoolExecutor(self.workers, CONTEXT, initializer=_start, initargs=(load, work, devices))
        try:
            for part, result in _as_completed(pool, iter(parts), QUEUED * self.workers):
                on_progress(part.seconds)
                yield part, result
        except BrokenProcessPool:
            raise InputError(
                "expected a result of every worker, but one ended without (killed, or out of memory); finished parts "
                "are stored: repeat the command with --resume, perhaps with fewer --workers"
            ) from None
        finally:
            _end(pool)


def _as_completed(pool: ProcessPoolExecutor, parts: Iterator[PartT], limit: int) -> Iterator[tuple[PartT, Any]]:
    """Yield parts with results; at most `limit` parts are submitted at a time."""
    running = {pool.submit(_run, part): part for part in islice(parts, limit)}
    while running:
        done: set[Future[Any]] = wait(running, return_when=FIRST_COMPLETED).done
        for future in done:
            part = running.pop(future)
            running.update({pool.submit(_run, following): following for following in islice(parts, 1)})
            yield part, future.result()


def visible_devices(count: int) -> list[str]:
    """Return the names of `count` GPUs, as `CUDA_VISIBLE_DEVICES` has them."""
    names = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    return names or [str(number) for number in range(count)]


def _start(load: Callable[[], Any], work: Callable[[Any, Any, OnProgress], Any], devices: Any) -> None:
    """Begin a worker process: Ctrl-C is for the process of the command, with which its workers end."""
    if (device := devices.get()) is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = device
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    _worker[:] = [Worker(load, work)]


def _run(part: Any) -> Any:
    return _worker[0].run(part)


def _exit_with_parent() -> None:
    """End this process as soon as the process of the command ends, however it ends."""
    parent = parent_process()
    if parent is not None:
        wait_for_end([parent.sentinel])
        os._exit(1)


def _end(pool: ProcessPoolExecutor) -> None:
    """Stop the workers at once; what they have not returned is not stored.

    `kill_workers` is public from Python 3.14; before, the processes are a private part of the pool.
    """
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.kill()
    pool.shutdown(wait=True, cancel_futures=True)
