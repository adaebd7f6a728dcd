"""How many arrays of tasks a whole reproduction needs, as `docs/how-to/cluster.md` states."""

from dataclasses import replace
from pathlib import Path

import pytest

from otoscope import bundled
from otoscope.errors import UnfinishedError
from otoscope.papers.shared_stages import run_stages_of_share
from otoscope.papers.yang2020.corpora import make_corpora
from otoscope.papers.yang2020.models import make_models, recipe_folder
from otoscope.papers.yang2020.stages import ReproductionJob, make_stages
from otoscope.runs.executors.share import Share

TASKS = 8


class Parts:
    """An action that every task does its part of."""

    def __init__(self, is_shared: bool) -> None:
        self.missing = TASKS if is_shared else 1

    def __call__(self) -> float:
        self.missing -= 1
        if self.missing > 0:
            raise UnfinishedError("parts are missing")
        return 1.0


@pytest.mark.parametrize(("size", "arrays"), [("small", 4), ("large", 3)])
@pytest.mark.parametrize("order", [range(TASKS, 0, -1), range(1, TASKS + 1)])
def test_so_many_arrays_are_enough_in_any_order_of_the_tasks(size, arrays, order, tmp_path):
    speech = str(bundled.speech())
    corpora = make_corpora([speech], speech, [speech])
    job = ReproductionJob(make_models(recipe_folder(size), corpora.pretrain, corpora.held_out, 3), corpora, Path())
    stages = [replace(stage, action=Parts(stage.is_shared), result=None) for stage in make_stages(job)]
    for _ in range(arrays - 1):
        for number in order:
            run(stages, tmp_path, number)
    assert {name for number in order for name in run(stages, tmp_path, number)} == {stage.name for stage in stages}


def run(stages, folder, number):
    try:
        return run_stages_of_share(stages, folder, Share(number, TASKS), lambda name: None)
    except UnfinishedError:
        return {}
