"""The interface of executors, and the one that uses this process."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

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


@dataclass
class Worker:
    """What another process keeps: the functions of the command, and what `load` made at the first part.

    Examples:
        >>> worker = Worker(lambda: 10, lambda resource, part, on_progress: resource + part)
        >>> worker.run(1), worker.run(2)
        (11, 12)
    """

    load: Callable[[], Any]
    work: Callable[[Any, Any, OnProgress], Any]
    resource: Any = None

    def run(self, part: Any) -> Any:
        """Return the result of a part; progress within it is not reported."""
        if self.resource is None:
            self.resource = self.load()
        return self.work(self.resource, part, _ignore)


def _ignore(seconds: float) -> None:
    """Ignore progress within a part."""
