"""Freed memory goes back to the system where the C library has a function for it, and nothing fails without one."""

import ctypes
from types import SimpleNamespace

import pytest

from otoscope._io.freed_memory import return_freed_memory


def test_the_function_of_glibc_is_called(monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace(malloc_trim=asked.append))
    return_freed_memory()
    assert asked == [0]


@pytest.mark.parametrize("error", [OSError, TypeError])
def test_a_system_without_such_a_library_is_no_error(monkeypatch, error):
    def fail(name):
        raise error

    monkeypatch.setattr(ctypes, "CDLL", fail)
    return_freed_memory()


def test_a_library_without_the_function_is_no_error(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace())
    return_freed_memory()
