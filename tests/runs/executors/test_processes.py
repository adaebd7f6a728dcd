"""Worker processes: results of all parts, and one line for a worker that was killed."""

import os
import signal
from dataclasses import dataclass

import pytest

from otoscope.errors import InputError
from otoscope.runs.executors.processes import ProcessExecutor, visible_devices

KILLED = 3


@dataclass(frozen=True)
class Number:
    value: int
    seconds: float = 1.0


def load_factor():
    return 10


def multiply(factor, number, on_progress):
    return factor * number.value


def end_at_three(factor, number, on_progress):
    if number.value == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    return number.value


def refuse(factor, number, on_progress):
    raise InputError("expected speech, found silence")


def test_every_part_has_its_result_once_and_progress_is_all_of_it():
    seconds = []
    results = list(ProcessExecutor(2).map(load_factor, multiply, map(Number, range(7)), seconds.append))
    assert sorted(result for _, result in results) == [0, 10, 20, 30, 40, 50, 60]
    assert all(result == 10 * part.value for part, result in results)
    assert sum(seconds) == 7


def test_a_killed_worker_is_one_line_that_says_how_to_continue():
    with pytest.raises(InputError, match=r"one ended without .* repeat the command with --resume"):
        list(ProcessExecutor(2).map(load_factor, end_at_three, map(Number, range(7)), lambda seconds: None))


def test_an_error_of_a_worker_is_that_of_the_command():
    with pytest.raises(InputError, match="found silence"):
        list(ProcessExecutor(1).map(load_factor, refuse, [Number(0)], lambda seconds: None))


def test_workers_share_the_devices_that_are_visible(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert (visible_devices(0), visible_devices(2)) == ([], ["0", "1"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    assert visible_devices(2) == ["4", "6"]
