"""The side of a worker process: it loads once, works on parts, reports progress, and ends with its parent."""

import os
import signal
import threading
from dataclasses import dataclass
from functools import partial
from multiprocessing import parent_process
from multiprocessing.connection import wait as wait_for_end
from typing import Any

from otoscope.runs.executors.executor import Load, Work, Worker


@dataclass(frozen=True)
class WorkerProgress:
    """Progress of a worker: the key of its part, and seconds of audio that are done; the first of a part has 0."""

    key: int
    seconds: float


_worker: list[Worker] = []  # of this process, and the queue of its reports: set once by `start_worker`
_reports: list[Any] = []


def start_worker(load: Load[Any], work: Work[Any, Any, Any], devices: Any, reports: Any) -> None:
    """Begin a worker process: Ctrl-C is for the process of the command, with which its workers end."""
    if (device := devices.get()) is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = device
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    _worker[:], _reports[:] = [Worker(load, work)], [reports]


def run_part(key: int, part: Any) -> Any:
    """Return the result of a part, in a worker process; its start and its progress are reported."""
    report = partial(_report, key)
    report(0.0)
    return _worker[0].run(part, report)


def _report(key: int, seconds: float) -> None:
    _reports[0].put(WorkerProgress(key, seconds))


def _exit_with_parent() -> None:
    """End this process as soon as the process of the command ends, however it ends."""
    parent = parent_process()
    if parent is not None:
        wait_for_end([parent.sentinel])
        os._exit(1)
