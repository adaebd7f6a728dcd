"""Worker processes: results of all parts, and one line for a worker that was killed."""

import os
import signal
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from otoscope.errors import InputError
from otoscope.runs.executors.processes import ProcessExecutor, visible_devices

KILLED = 3


@dataclass(frozen=True)
class Number:
    value: int
    seconds: float = 1.0
    text: str = "numbers"


def load_factor():
    return 10


def multiply(factor, number, on_progress):
    return factor * number.value


def end_at_three(factor, number, on_progress):
    if number.value == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    return number.value


def end_once(folder, number, on_progress):
    """End the worker at the first attempt at a number."""
    if not (folder / str(number.value)).exists():
        (folder / str(number.value)).touch()
        if number.value == KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
    return number.value


def hang_once(folder, number, on_progress):
    """Wait for ever at the first attempt at a number, after half of it."""
    if number.value == KILLED and not (folder / "hangs").exists():
        on_progress(0.5)
        (folder / "hangs").touch()
        threading.Event().wait()
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
    with pytest.raises(
        InputError, match=r"one ended without .*, 3 times, within numbers; .* repeat the command with --resume"
    ):
        list(ProcessExecutor(2).map(load_factor, end_at_three, map(Number, range(7)), lambda seconds: None))


def test_a_worker_that_is_killed_once_is_replaced_and_nothing_is_lost_or_counted_twice(tmp_path):
    seconds = []
    results = list(ProcessExecutor(2).map(partial(Path, tmp_path), end_once, map(Number, range(5)), seconds.append))
    assert sorted(result for _, result in results) == [0, 1, 2, 3, 4]
    assert sum(seconds) == 5


def test_a_worker_that_hangs_is_replaced_after_the_time_limit(tmp_path):
    """The time limit passes as soon as half of the part is reported."""
    seconds = []
    executor = ProcessExecutor(1, stall=1.0, clock=lambda: 100.0 if sum(seconds) == 0.5 else 0.0)
    with executor.open(partial(Path, tmp_path), hang_once) as workers:
        results = [list(workers([Number(value)], seconds.append)) for value in (KILLED, 7)]
    assert [result for ((_, result),) in results] == [KILLED, 7]
    assert sum(seconds) == 2


def test_an_error_of_a_worker_is_that_of_the_command():
    with pytest.raises(InputError, match="found silence"):
        list(ProcessExecutor(1).map(load_factor, refuse, [Number(0)], lambda seconds: None))


def test_workers_share_the_devices_that_are_visible(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert (visible_devices(0), visible_devices(2)) == ([], ["0", "1"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    assert visible_devices(2) == ["4", "6"]
