"""The interface of executors, and the one that uses this process."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

OnProgress = Callable[[float], None]


class PlanPart(Protocol):
    """A part of the work of a plan."""

    @property
    def seconds(self) -> float:
        """Return the seconds of audio of the part."""


PartT = TypeVar("PartT", bound=PlanPart)
Resource = TypeVar("Resource")
Result = TypeVar("Result")


class Executor(Protocol):
    """Maps a function over parts.

    Attributes:
        is_local: whether the function runs in this process, so that it can use what is in its memory.
    """

    is_local: bool

    def map(
        self,
        load: Callable[[], Resource],
        work: Callable[[Resource, PartT, OnProgress], Result],
        parts: Iterable[PartT],
        on_progress: OnProgress,
    ) -> Iterator[tuple[PartT, Result]]:
        """Yield each part with its result, in any order.

        Args:
            load: makes what a worker needs once, such as a model.
            work: computes the result of a part; receives what `load` made, the part, and `on_progress`.
            parts: parts of the plan.
            on_progress: receives the seconds of audio that are done.

        Raises:
            InputError: a worker ended without a result, or the work raises it.
        """


class LocalExecutor:
    """Works in this process, part by part."""

    is_local = True

    def map(
        self,
        load: Callable[[], Resource],
        work: Callable[[Resource, PartT, OnProgress], Result],
        parts: Iterable[PartT],
        on_progress: OnProgress,
    ) -> Iterator[tuple[PartT, Result]]:
        """Yield each part with its result, in the order of the parts."""
        resource = load()
        for part in parts:
            yield part, work(resource, part, on_progress)
