"""Results kept while they fit: the least recently used go first, and what two ask for at once is made once."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """Anything that says how much memory it takes."""

    @property
    def nbytes(self) -> int: ...  # noqa: D102


T = TypeVar("T", bound=Sized)


class Cache(Generic[T]):
    """At most `limit` bytes of results by key; one that is larger on its own is given and not kept.

    >>> import numpy as np
    >>> cache = Cache(limit=20)
    >>> made = [cache.get(key, lambda: np.zeros(8, np.uint8)).nbytes for key in "abca"]
    >>> cache.nbytes, list(cache.kept)
    (16, ['c', 'a'])
    """

    def __init__(self, limit: int) -> None:
        """Hold nothing yet, and later no more than `limit` bytes."""
        self.limit = limit
        self.kept: OrderedDict[Hashable, T] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """Memory of everything kept."""
        return sum(result.nbytes for result in self.kept.values())

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result of `key`, made now where it is not kept."""
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:
            found = self._found(key)
            return self._keep(key, make()) if found is None else found

    def put(self, key: Hashable, result: T) -> None:
        """Keep a result that came about on the way to another."""
        self._keep(key, result)

    def _found(self, key: Hashable) -> T | None:
        with self._lock:
            if key in self.kept:
                self.kept.move_to_end(key)
            return self.kept.get(key)

    def _keep(self, key: Hashable, result: T) -> T:
        with self._lock:
            self._making.pop(key, None)
            self.kept.pop(key, None)
            if result.nbytes <= self.limit:
                self.kept[key] = result
            while self.nbytes > self.limit:
                self.kept.popitem(last=False)
        return result
