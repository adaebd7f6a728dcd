"""Apply a function to each item, in this process or in several: for files that need no order and no resume."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from otoscope.runs.executors.processes import CONTEXT, start_server

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_processes(function: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    """Iterate over the results in the order of the items; with several workers, `function` and items are pickled."""
    if workers == 1:
        yield from map(function, items)
        return
    start_server()
    with ProcessPoolExecutor(workers, CONTEXT) as pool:
        yield from pool.map(function, items)
