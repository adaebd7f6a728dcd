"""A Ray cluster, or Ray on this machine: its tasks, retries and placement. Results come back through its object store.

A task needs the threads of the plan as CPUs, and a GPU where the device of the model is one. Ray repeats the tasks of a
node that ends. No shared output folder is needed; audio is read where the task runs.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from socket import create_connection
from typing import Any
from uuid import uuid4

from otoscope.errors import InputError
from otoscope.runs.executors.executor import Executor, Load, OnProgress, PartT, Resource, Result, Work, Worker, Workers

LOCAL = "local"
"""Address of a Ray of its own on this machine, which ends with the command."""
ANSWER_SECONDS = 10
QUEUED = 2
"""Tasks that are submitted for each that can run at a time."""


class RayExecutor(Executor):
    """Works in tasks of a Ray cluster.

    Args:
        address: `local`, `auto` (the cluster of this machine or of `RAY_ADDRESS`), or `HOST:PORT`.
        cpus: CPUs that a task uses.
        gpus: GPUs that a task uses.
    """

    def __init__(self, address: str, cpus: int = 1, gpus: float = 0) -> None:
        """Store the address; connect to nothing yet."""
        self.address, self.cpus, self.gpus = address, cpus, gpus

    @contextmanager
    def open(self, load: Load[Resource], work: Work[Resource, PartT, Result]) -> Iterator[Workers[PartT, Result]]:
        """Provide the cluster. `load`, `work`, parts and results must be picklable.

        Raises:
            InputError: Ray is not installed, the cluster does not answer, a task fails, or every retry of it.
        """
        ray = _connect(self.address)
        try:
            task = ray.remote(max_retries=-1, num_cpus=self.cpus, num_gpus=self.gpus)(_run)
            functions, limit = ray.put((load, work)), max(1, int(ray.cluster_resources()["CPU"] // self.cpus))
            key = uuid4().hex

            def workers(parts: Iterable[PartT], on_progress: OnProgress) -> Iterator[tuple[PartT, Result]]:
                waiting = iter(parts)
                running = {task.remote(key, functions, part): part for part in islice(waiting, QUEUED * limit)}
                while running:
                    (done,), _ = ray.wait(list(running), num_returns=1)
                    part = running.pop(done)
                    running.update({task.remote(key, functions, more): more for more in islice(waiting, 1)})
                    on_progress(part.seconds)
                    yield part, _result(ray, done)

            yield workers
        finally:
            ray.shutdown()


def _connect(address: str) -> Any:
    """Return the module of Ray, connected."""
    try:
        import ray
    except ImportError:
        raise InputError("expected Ray for --ray, found none; install it with: pip install 'otoscope[ray]'") from None
    where: dict[str, Any] = {"include_dashboard": False} if address == LOCAL else {"address": address}
    try:
        _check_answer(address)
        ray.init(**where, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # refused, no answer, no address, no start in time: Ray raises any type
        if address == LOCAL:
            raise InputError(
                f"expected Ray to start on this machine, found that it did not ({error}); try again when the machine "
                "is less busy, or use --workers"
            ) from None
        raise InputError(
            f"expected a Ray cluster at {address}, found none that answers ({error}); start one with: ray start "
            "--head, or pass --ray local"
        ) from None
    return ray


def _check_answer(address: str) -> None:
    """Raise OSError unless something answers at `HOST:PORT`: Ray itself waits for minutes."""
    host, separator, port = address.rpartition(":")
    if separator and port.isdigit():
        create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()


def _result(ray: Any, reference: Any) -> Any:
    """Return the result of a task; an error of the task is raised as it was there."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, InputError):
            raise error.cause from None
        raise
    except ray.exceptions.RayError as error:
        raise InputError(
            f"expected a result of every task of Ray, found {type(error).__name__}; finished parts are stored: repeat "
            "the command with --resume"
        ) from None


def _run(key: str, functions: tuple[Callable[[], Any], Callable[[Any, Any, OnProgress], Any]], part: Any) -> Any:
    """Do the work of a part, in a process of Ray that may have done others of the command that `key` names."""
    if key not in _workers:
        _workers.clear()
        _workers[key] = Worker(*functions)
    return _workers[key].run(part)


_workers: dict[str, Worker] = {}  # of this process: that of the last command, set by `_run` alone
