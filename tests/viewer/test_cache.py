"""The cache stays within its limit, and concurrent requests compute a value once."""

import threading

import numpy as np
import pytest

from otoscope.viewer.cache import LruCache


def test_the_cache_never_exceeds_its_limit():
    cache: LruCache[np.ndarray] = LruCache(limit=100)
    for key in range(50):
        cache.get(key, lambda: np.zeros(30, dtype=np.uint8))
        assert cache.nbytes <= 100
    assert list(cache.values) == [47, 48, 49]


def test_a_value_larger_than_the_limit_is_returned_and_not_stored():
    cache: LruCache[np.ndarray] = LruCache(limit=100)
    cache.get("small", lambda: np.zeros(90, dtype=np.uint8))
    assert cache.get("large", lambda: np.zeros(200, dtype=np.uint8)).nbytes == 200
    assert list(cache.values) == ["small"]


def test_concurrent_requests_wait_for_one_computation():
    cache: LruCache[np.ndarray] = LruCache(limit=100)
    made, begun, go = [], threading.Event(), threading.Event()

    def make() -> np.ndarray:
        made.append(1)
        begun.set()
        go.wait()
        return np.zeros(1)

    threads = [threading.Thread(target=cache.get, args=("a", make)) for _ in range(2)]
    threads[0].start()
    begun.wait()
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join()
    assert made == [1]


def test_a_failed_computation_can_be_repeated():
    cache: LruCache[np.ndarray] = LruCache(limit=100)

    def fail() -> np.ndarray:
        raise OSError("disk is gone")

    with pytest.raises(OSError, match="disk is gone"):
        cache.get("a", fail)
    assert cache.get("a", lambda: np.ones(3)).sum() == 3
