"""Stages in processes of their own: order, side by side, alone, left out, stopped, and gone with their parent."""

import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from tests.helpers.scheduler_stages import PATIENCE, await_file, fail_beside, find, linger, meet

from otoscope.bundled import speech
from otoscope.errors import InputError
from otoscope.papers.yang2020.corpora import corpora
from otoscope.papers.yang2020.models import models, recipes_of
from otoscope.papers.yang2020.pipeline import Work, stages
from otoscope.papers.yang2020.scheduler import carry_out_abreast
from otoscope.papers.yang2020.workflow import Stage


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ends(pid: int) -> bool:
    end = time.monotonic() + PATIENCE
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_running(pid)


def test_stages_run_side_by_side_after_what_they_need_and_alone_where_they_must(tmp_path):
    wanted = [
        Stage("timed", partial(find, tmp_path, "a", "b", "c"), ["a"], alone=True),
        Stage("a", partial(meet, tmp_path, "a", "b")),
        Stage("b", partial(meet, tmp_path, "b", "a")),
        Stage("c", partial(meet, tmp_path, "c", "b"), ["a"]),
    ]
    begun: list[str] = []
    records = carry_out_abreast(wanted, tmp_path / "stages", 2, begun.append)
    assert begun == ["a", "b", "c", "timed"]
    assert list(records) == ["timed", "a", "b", "c"]
    assert not any(record.left_out for record in records.values())
    assert carry_out_abreast(wanted, tmp_path / "stages", 2, begun.append) == records
    assert len(begun) == 4


def test_what_the_input_does_not_allow_is_left_out_with_all_that_need_it(tmp_path):
    wanted = [Stage("x", partial(find, tmp_path, "nothing")), Stage("y", partial(find, tmp_path), ["x"])]
    records = carry_out_abreast(wanted, tmp_path / "stages", 2, lambda name: None)
    assert {name: record.left_out for name, record in records.items()} == {
        "x": "no nothing",
        "y": "it needs x: no nothing",
    }


def test_an_essential_stage_without_input_stops_the_others(tmp_path):
    wanted = [
        Stage("long", partial(linger, tmp_path, "pid")),
        Stage("x", partial(fail_beside, tmp_path), essential=True),
    ]
    with pytest.raises(InputError, match="no speech"):
        carry_out_abreast(wanted, tmp_path / "stages", 2, lambda name: None)
    assert ends(int((tmp_path / "pid").read_text()))


def test_a_process_that_dies_is_named_with_its_log(tmp_path):
    with pytest.raises(RuntimeError, match=r"stage m3/x ended with status 7; see .*m3-x\.log"):
        carry_out_abreast([Stage("m3/x", partial(os._exit, 7))], tmp_path / "stages", 2, lambda name: None)


def test_a_stage_ends_when_its_reproduction_is_killed(tmp_path):
    """Else it would write beside the next attempt."""
    code = (
        "import sys; from functools import partial; from pathlib import Path; from tests.helpers import scheduler_stages as t\n"
        "from otoscope.papers.yang2020.scheduler import carry_out_abreast\n"
        "from otoscope.papers.yang2020.workflow import Stage\n"
        "if __name__ == '__main__':\n"
        "    folder = Path(sys.argv[1]); stage = Stage('x', partial(t.linger, folder, 'pid'))\n"
        "    carry_out_abreast([stage], folder / 'stages', 2, print)\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[3]), *filter(None, sys.path)])
    }
    parent = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=environment)
    await_file(tmp_path / "pid")
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert ends(int((tmp_path / "pid").read_text()))


def test_every_stage_can_be_given_to_another_process(tmp_path):
    heard = corpora([str(speech())], str(speech()), [str(speech())])
    assert heard.phones.probes
    work = Work(models(recipes_of("small"), heard.pretrain, heard.held_out, 2), heard, tmp_path)
    for stage in stages(work):
        assert pickle.loads(pickle.dumps(stage)).needs == stage.needs
