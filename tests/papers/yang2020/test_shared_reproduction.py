"""A reproduction by the tasks of an array, which are killed and repeated, has the bits of one process."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import xarray as xr
from tests.helpers import shared_reproduction
from tests.helpers.killed_reproduction import UNFINISHED
from tests.helpers.shared_reproduction import NAME, NOWHERE, TASKS

import otoscope

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def statuses(killed) -> list[int]:
    """Return how each task ended."""
    paths = os.pathsep.join([str(Path(__file__).parents[3]), str(Path(otoscope.__file__).parents[1])])
    environment = os.environ | {
        "OTOSCOPE_CACHE": str(killed.root / "cache"),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": paths,
    }
    command = [sys.executable, "-m", shared_reproduction.__name__, str(killed.root)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return [int(line.split("\t")[-1]) for line in run.stdout.splitlines()]


def test_no_task_waits_and_the_last_ones_find_all_done(statuses):
    ends = [UNFINISHED if kill_at == NOWHERE else -signal.SIGKILL for _, kill_at in TASKS]
    assert statuses == [*ends[:-2], 0, 0]


def test_the_results_have_the_bits_of_one_process(killed, statuses):
    shared = otoscope.open_run(killed.root / NAME / "results").dataset.load()
    xr.testing.assert_identical(shared.drop_vars("seconds"), killed.dataset.drop_vars("seconds"))
    first, second = (text_without_times(folder / "report.html") for folder in (killed.out, killed.root / NAME))
    assert first == second


def text_without_times(report: Path) -> str:
    text, count = re.subn(r"<h2[^>]*>Time</h2>.*", "", report.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert count == 1
    return text


def test_a_stage_that_is_not_shared_is_done_once_by_one_task(killed, statuses):
    attempts = Counter((killed.root / f"attempted-{NAME}").read_text().split())
    whole = {name: count for name, count in attempts.items() if not name.endswith(("heads", "segmentation"))}
    del whole["m3/pruning-phones"], whole["m3/pruning-speakers"]
    assert whole.pop("m3/pretraining") == 2  # once killed
    assert len(whole) > 4
    assert set(whole.values()) == {1}
