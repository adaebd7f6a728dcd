"""Computations that take longer than a request should wait."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

from otoscope.viewer.background import run_in_background
from otoscope.viewer.errors import NotReadyError

T = TypeVar("T")
MAX_JOBS = 4


class Jobs(Generic[T]):
    """The latest jobs by key; a result is handed out once. Any thread may call its method."""

    def __init__(self) -> None:
        """Start with no job."""
        self._jobs: OrderedDict[Hashable, Future[T]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T], progress: str) -> T:
        """Return the result of `make`, which runs in a thread; a later request with the same key has it.

        Raises:
            NotReadyError: `make` is still running; the message is `progress`.
        """
        with self._lock:
            if key not in self._jobs:
                self._jobs[key] = run_in_background(make)
            if len(self._jobs) > MAX_JOBS:
                self._jobs.popitem(last=False)
            if not self._jobs[key].done():
                raise NotReadyError(progress)
            return self._jobs.pop(key).result()
