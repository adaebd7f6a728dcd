"""Run a function in a thread while the viewer responds to other requests."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def run_in_background(make: Callable[[], T]) -> Future[T]:
    """Run `make` in a daemon thread and return its Future.

    >>> run_in_background(lambda: 6 * 7).result()
    42
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(make())
        except Exception as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future
