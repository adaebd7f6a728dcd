"""The interface of executors, and the one that uses this process."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

OnProgress = Callable[[float], None]


class PlanPart(Protocol):
    """A part of the work of a plan."""

    @property
    def seconds(self) -> float:
        """Return the seconds of audio of the part."""

    @property
    def text(self) -> str:
        """Return what a message calls the part, such as its utterances."""


PartT = TypeVar("PartT", bound=PlanPart)
Resource = TypeVar("Resource")
Result = TypeVar("Result")
Load = Callable[[], Resource]
"""Makes what a worker needs once, such as a model."""
Work = Callable[[Resource, PartT, OnProgress], Result]
"""Computes the result of a part; receives what `Load` made, the part, and where to report seconds of audio."""
Workers = Callable[[Iterable[PartT], OnProgress], Iterator[tuple[PartT, Result]]]
"""Work on parts: an iterator over each part with its result, in any order."""


class Executor(ABC):
    """Maps a function over parts.

    Attributes:
        is_local: whether the function runs in this process, so that it can use what is in its memory.
    """

    is_local = False

    @abstractmethod
    def open(
        self, load: Load[Resource], work: Work[Resource, PartT, Result]
    ) -> AbstractContextManager[Workers[PartT, Result]]:
        """Provide workers, which load once and may be used for several sequences of parts; they end with the block.

        Raises:
            InputError: a worker ended without a result, or the work raises it.
        """

    def map(
        self,
        load: Load[Resource],
        work: Work[Resource, PartT, Result],
        parts: Iterable[PartT],
        on_progress: OnProgress,
    ) -> Iterator[tuple[PartT, Result]]:
        """Yield each part with its result, in any order; `on_progress` receives the seconds of audio that are done."""
        with self.open(load, work) as workers:
            yield from workers(parts, on_progress)


class LocalExecutor(Executor):
    """Works in this process, part by part."""

    is_local = True

    @contextmanager
    def open(self, load: Load[Resource], work: Work[Resource, PartT, Result]) -> Iterator[Workers[PartT, Result]]:
        """Provide this process; parts keep their order."""
        resource = load()

        def workers(parts: Iterable[PartT], on_progress: OnProgress) -> Iterator[tuple[PartT, Result]]:
            for part in parts:
                yield part, work(resource, part, on_progress)

        yield workers


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

    def run(self, part: Any, on_progress: OnProgress = lambda seconds: None) -> Any:
        """Return the result of a part."""
        if self.resource is None:
            self.resource = self.load()
        return self.work(self.resource, part, on_progress)
