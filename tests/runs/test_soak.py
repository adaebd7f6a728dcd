"""A short form of `scripts/soak_array.py`: tasks on one folder are killed at random times, until the run is done."""

import runpy
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "scripts" / "soak_array.py"


def test_tasks_that_are_killed_at_any_time_give_the_bits_of_one_process(monkeypatch, capsys):
    options = ["--repeats", "1", "--tasks", "2", "--limit", "3", "--kills", "2", "--kill-seconds", "4"]
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *options])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("1 runs: 1 with the bits of one process")
