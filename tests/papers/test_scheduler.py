"""Stages in processes: order, parallel, exclusive, skipped, stopped, and ended with their parent."""

import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from tests.helpers.scheduler_stages import PATIENCE, await_file, fail_after_pid, find, linger, meet

from otoscope.bundled import speech
from otoscope.errors import InputError
from otoscope.papers.scheduler import run_stages_parallel
from otoscope.papers.stage import Stage
from otoscope.papers.yang2020.corpora import make_corpora
from otoscope.papers.yang2020.models import make_models, recipe_folder
from otoscope.papers.yang2020.stages import ReproductionJob, make_stages

pytestmark = pytest.mark.slow


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def has_ended(pid: int) -> bool:
    end = time.monotonic() + PATIENCE
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_running(pid)


def test_stages_run_in_parallel_after_those_they_need_and_exclusive_ones_alone(tmp_path):
    stages = [
        Stage("timed", partial(find, tmp_path, "a", "b", "c"), ["a"], exclusive=True),
        Stage("a", partial(meet, tmp_path, "a", "b")),
        Stage("b", partial(meet, tmp_path, "b", "a")),
        Stage("c", partial(meet, tmp_path, "c", "b"), ["a"]),
    ]
    started: list[str] = []
    records = run_stages_parallel(stages, tmp_path / "stages", 2, started.append)
    assert started == ["a", "b", "c", "timed"]
    assert list(records) == ["timed", "a", "b", "c"]
    assert not any(record.skip_reason for record in records.values())
    assert run_stages_parallel(stages, tmp_path / "stages", 2, started.append) == records
    assert len(started) == 4


def test_a_stage_without_usable_input_is_skipped_with_all_that_need_it(tmp_path):
    stages = [Stage("x", partial(find, tmp_path, "nothing")), Stage("y", partial(find, tmp_path), ["x"])]
    records = run_stages_parallel(stages, tmp_path / "stages", 2, lambda name: None)
    assert {name: record.skip_reason for name, record in records.items()} == {
        "x": "no nothing",
        "y": "it needs x: no nothing",
    }


def test_an_essential_stage_without_usable_input_stops_the_others(tmp_path):
    stages = [
        Stage("long", partial(linger, tmp_path, "pid")),
        Stage("x", partial(fail_after_pid, tmp_path), essential=True),
    ]
    with pytest.raises(InputError, match="no speech"):
        run_stages_parallel(stages, tmp_path / "stages", 2, lambda name: None)
    assert has_ended(int((tmp_path / "pid").read_text()))


def test_the_error_of_a_dead_process_names_its_log(tmp_path):
    with pytest.raises(RuntimeError, match=r"stage m3/x ended with status 7; see .*m3-x\.log"):
        run_stages_parallel([Stage("m3/x", partial(os._exit, 7))], tmp_path / "stages", 2, lambda name: None)


def test_a_stage_ends_when_its_reproduction_is_killed(tmp_path):
    """Otherwise it would write while the next attempt runs."""
    code = (
        "import sys; from functools import partial; from pathlib import Path\n"
        "from tests.helpers import scheduler_stages as t\n"
        "from otoscope.papers.scheduler import run_stages_parallel\n"
        "from otoscope.papers.stage import Stage\n"
        "if __name__ == '__main__':\n"
        "    folder = Path(sys.argv[1]); stage = Stage('x', partial(t.linger, folder, 'pid'))\n"
        "    run_stages_parallel([stage], folder / 'stages', 2, print)\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)])
    }
    parent = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=environment)
    await_file(tmp_path / "pid")
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert has_ended(int((tmp_path / "pid").read_text()))


def test_every_stage_can_be_pickled(tmp_path):
    corpora = make_corpora([str(speech())], str(speech()), [str(speech())])
    assert corpora.phones.probes
    job = ReproductionJob(make_models(recipe_folder("small"), corpora.pretrain, corpora.held_out, 2), corpora, tmp_path)
    for stage in make_stages(job):
        assert pickle.loads(pickle.dumps(stage)).needs == stage.needs
