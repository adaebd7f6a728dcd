"""What takes a while is made in a thread, while everything else is answered."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def meanwhile(make: Callable[[], T]) -> Future[T]:
    """What `make` gives, when it is there; what it raises is raised for whoever asks. No exit waits for it.

    >>> meanwhile(lambda: 6 * 7).result()
    42
    """
    made: Future[T] = Future()

    def run() -> None:
        try:
            made.set_result(make())
        except Exception as error:
            made.set_exception(error)

    Thread(target=run, daemon=True).start()
    return made
