"""A pool of processes that is started again where a worker ends without a result or makes no progress."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import chain, count, islice
from typing import Any, Generic, Protocol

from otoscope.errors import InputError
from otoscope.runs.executors.executor import OnProgress, PartT, Result
from otoscope.runs.executors.worker_process import WorkerProgress, run_part

QUEUED = 2
"""Parts a worker that are submitted at a time, so that no worker waits and memory does not grow with the corpus."""
TRIES = 3
"""Attempts at a part whose workers end or hang."""
POLL_SECONDS = 1.0
RESUME = "finished parts are stored: repeat the command with --resume"


@dataclass
class RunningPart(Generic[PartT]):
    """A part that is submitted.

    Attributes:
        part: the part.
        key: number of its submission.
        seconds: seconds of audio that its worker has reported.
        latest: time of the last report; None before the first.
        failures: how often its worker ended or hung.
    """

    part: PartT
    key: int = -1
    seconds: float = 0.0
    latest: float | None = None
    failures: int = 0


class Patience(Protocol):
    """How long a worker may make no progress, in seconds (None: any time), and the clock."""

    stall: float | None
    clock: Callable[[], float]


@dataclass(eq=False)
class WorkerPool(Generic[PartT, Result]):
    """Processes, and the parts that they work on. Only its methods change it.

    Attributes:
        start: starts a pool; returns it and the queue of its workers' reports.
        workers: number of processes.
        patience: when a worker counts as hanging.
    """

    start: Callable[[], tuple[ProcessPoolExecutor, Any]]
    workers: int
    patience: Patience
    _pool: ProcessPoolExecutor | None = None
    _reports: Any = None
    _running: "dict[Future[Any], RunningPart[PartT]]" = field(default_factory=dict)
    _again: list[RunningPart[PartT]] = field(default_factory=list)
    _keys: Iterator[int] = field(default_factory=count)

    def results(self, parts: Iterable[PartT], on_progress: OnProgress) -> Iterator[tuple[PartT, Result]]:
        """Yield each part with its result, as they come.

        Raises:
            InputError: workers ended or hung `TRIES` times within the same part.
        """
        waiting = iter(parts)
        while True:
            self._submit(waiting)
            if not self._running:
                return
            done = wait(self._running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED).done
            self._receive(on_progress)
            for future in done:
                if isinstance(future.exception(), BrokenProcessPool):
                    self._restart("ended without a result (killed, or out of memory)", self._begun(), on_progress)
                    break
                running = self._running.pop(future)
                on_progress(running.part.seconds - running.seconds)
                yield running.part, future.result()
            else:
                self._check_stall(on_progress)

    def end(self) -> None:
        """Stop the workers at once; what they have not returned is not stored.

        `kill_workers` is public from Python 3.14; before, the processes are a private part of the pool.
        """
        if self._pool is not None:
            for process in list((getattr(self._pool, "_processes", None) or {}).values()):
                process.kill()
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None

    def _submit(self, waiting: Iterator[PartT]) -> None:
        """Submit parts, first those that were lost, until there are enough for all workers."""
        places = QUEUED * self.workers - len(self._running)
        again, self._again = self._again[:places], self._again[places:]
        for running in chain(again, map(RunningPart, islice(waiting, places - len(again)))):
            if self._pool is None:
                self._pool, self._reports = self.start()
            running.key = next(self._keys)
            self._running[self._pool.submit(run_part, running.key, running.part)] = running

    def _receive(self, on_progress: OnProgress) -> None:
        """Receive what workers have reported so far."""
        by_key = {running.key: running for running in self._running.values()}
        while self._reports is not None and not self._reports.empty():
            report: WorkerProgress = self._reports.get()
            if running := by_key.get(report.key):
                running.latest = self.patience.clock()
                running.seconds += report.seconds
                on_progress(report.seconds)

    def _begun(self) -> list[RunningPart[PartT]]:
        return [running for running in self._running.values() if running.latest is not None]

    def _check_stall(self, on_progress: OnProgress) -> None:
        """Replace the workers if one of them has made no progress for too long."""
        limit, now = self.patience.stall, self.patience.clock()
        if limit is None:
            return
        hanging = [attempt for attempt in self._begun() if attempt.latest is not None and now - attempt.latest > limit]
        if hanging:
            self._restart(f"made no progress within --stall {limit:g} s", hanging, on_progress)

    def _restart(self, what: str, suspects: list[RunningPart[PartT]], on_progress: OnProgress) -> None:
        """Replace the workers, and submit all parts again that have no result.

        Raises:
            InputError: no part was begun, or one of the suspects was tried too often.
        """
        self.end()
        for running in suspects:
            running.failures += 1
        for running in self._running.values():
            on_progress(-running.seconds)
            running.seconds, running.latest = 0.0, None
        self._again = [*self._running.values(), *self._again]
        self._running.clear()
        failed = [running.part.text for running in suspects if running.failures >= TRIES]
        if failed or not suspects:
            where = f", {TRIES} times, within {' or '.join(failed)}" if failed else ""
            raise InputError(f"expected a result of every worker, but one {what}{where}; {RESUME}")
