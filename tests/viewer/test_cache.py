"""The server's memory stays bounded, and what two ask for at once is made once."""

import threading

import numpy as np
import pytest

from otoscope.viewer.cache import Cache


def test_no_more_is_kept_than_the_limit_whatever_is_asked():
    cache: Cache[np.ndarray] = Cache(limit=100)
    for key in range(50):
        cache.get(key, lambda: np.zeros(30, dtype=np.uint8))
        assert cache.nbytes <= 100
    assert list(cache.kept) == [47, 48, 49]


def test_what_is_too_large_is_given_and_not_kept():
    cache: Cache[np.ndarray] = Cache(limit=100)
    cache.get("small", lambda: np.zeros(90, dtype=np.uint8))
    assert cache.get("large", lambda: np.zeros(200, dtype=np.uint8)).nbytes == 200
    assert list(cache.kept) == ["small"]


def test_two_who_ask_at_once_wait_for_one_result():
    cache: Cache[np.ndarray] = Cache(limit=100)
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


def test_what_failed_can_be_asked_again():
    cache: Cache[np.ndarray] = Cache(limit=100)

    def fail() -> np.ndarray:
        raise OSError("disk is gone")

    with pytest.raises(OSError, match="disk is gone"):
        cache.get("a", fail)
    assert cache.get("a", lambda: np.ones(3)).sum() == 3
