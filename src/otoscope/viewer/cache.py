"""A cache of bounded size; concurrent requests for one key compute it once."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, Protocol, TypeVar


class HasNbytes(Protocol):
    """A value that knows how much memory it takes."""

    @property
    def nbytes(self) -> int: ...  # noqa: D102


T = TypeVar("T", bound=HasNbytes)


class LruCache(Generic[T]):
    """At most `limit` bytes of values by key; a value larger than `limit` is returned and not stored.

    All methods may be called from several threads.

    >>> import numpy as np
    >>> cache = LruCache(limit=20)
    >>> sizes = [cache.get(key, lambda: np.zeros(8, np.uint8)).nbytes for key in "abca"]
    >>> cache.nbytes, list(cache.values)
    (16, ['c', 'a'])
    """

    def __init__(self, limit: int) -> None:
        """Create an empty cache of at most `limit` bytes."""
        self.limit = limit
        self.values: OrderedDict[Hashable, T] = OrderedDict()
        self._key_locks: dict[Hashable, Lock] = {}
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """Memory of all values, in bytes."""
        return sum(value.nbytes for value in self.values.values())

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of `key`; call `make` if it is not stored."""
        with self._lock:
            key_lock = self._key_locks.setdefault(key, Lock())
        with key_lock:
            value = self.look_up(key)
            if value is None:
                value = make()
                self.put(key, value)
            return value

    def put(self, key: Hashable, value: T) -> None:
        """Store a value and remove the least recently used ones beyond the limit."""
        with self._lock:
            self._key_locks.pop(key, None)
            self.values.pop(key, None)
            if value.nbytes <= self.limit:
                self.values[key] = value
            while self.nbytes > self.limit:
                self.values.popitem(last=False)

    def look_up(self, key: Hashable) -> T | None:
        """Return the value of `key`, or None if it is not stored."""
        with self._lock:
            if key in self.values:
                self.values.move_to_end(key)
            return self.values.get(key)
