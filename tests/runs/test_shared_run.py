"""`rank`, `probe`, `prune` and `segment` give the bits of one process in workers and in tasks that share a folder."""

import shutil
from dataclasses import replace

import pytest
from tests.helpers.pickling_executor import PicklingExecutor
from tests.helpers.run_bits import same_bits
from tests.helpers.speech_samples import tiny_corpus, tiny_pretrained

import otoscope
from otoscope import ExecutionOptions, SpeechOptions, run_status
from otoscope.errors import InputError, UnfinishedError
from otoscope.runs import part_map
from otoscope.runs.executors.worker_model import check_worker
from otoscope.runs.shared_run import Place

__all__ = ["tiny_corpus", "tiny_pretrained"]
pytestmark = pytest.mark.slow

BY = ("globalness", "gradient", "leave-one-out", "shapley")
PROBING = otoscope.ProbingOptions(probes=("speaker-utterance", "hidden-error"), seeds=1)
COMMANDS = {
    "rank": (otoscope.rank, {"ranking": otoscope.RankingOptions(by=BY, permutations=2)}),
    "probe": (otoscope.probe, {"probing": PROBING}),
    "prune": (
        otoscope.prune,
        {"schedule": otoscope.ScheduleOptions(by=("weight",), step=0.5, spans=(2,)), "probing": PROBING},
    ),
    "segment": (
        otoscope.segment,
        {"segmentation": otoscope.SegmentationOptions(validation=("awb",), shifts=1)},
    ),
}

TWO = {"sample": 2, "balanced": "speaker"}
FEW = {"rank": TWO, "probe": {}, "prune": {}, "segment": TWO}
"""Which utterances each command uses; probes of speakers need two of each."""


@pytest.fixture(params=COMMANDS)
def measure(request, tiny_pretrained, tiny_corpus, tmp_path):
    """Run a command on the tiny corpus: the folder, whether to resume, then fields of ExecutionOptions."""
    command, settings = COMMANDS[request.param]

    def call(name, resume=False, **execution):
        options, place = SpeechOptions(resume=resume, **FEW[request.param]), ExecutionOptions(**execution)
        return command(tiny_pretrained, tiny_corpus, tmp_path / name, **settings, options=options, execution=place)

    return call


def test_workers_and_tasks_give_the_bits_of_one_process(measure, tmp_path, monkeypatch):
    """A worker prepares its own job; a task stores its share, and the command without a share names what is missing."""
    whole = measure("whole")
    with monkeypatch.context() as patch:
        executor = PicklingExecutor()
        patch.setattr(part_map, "make_executor", lambda *arguments: executor)
        assert same_bits(measure("workers"), whole)
        assert executor.jobs
    with pytest.raises(UnfinishedError, match=r"share 1 of 2 is measured; .* lacks shard"):
        measure("tasks", shard="1/2")
    assert 0 < run_status(tmp_path / "tasks").stored < run_status(tmp_path / "tasks").shards
    with pytest.raises(InputError, match=r"without shards? .*--resume"):
        measure("tasks")
    assert same_bits(measure("tasks", shard="2/2"), whole)
    assert run_status(tmp_path / "tasks").finished


@pytest.mark.parametrize("measure", ["rank"], indirect=True)
def test_a_worker_without_an_utterance_is_refused(measure, tiny_corpus, monkeypatch):
    """As where a node cannot read a part of the audio: it would measure fewer utterances."""

    def make(*arguments):
        shutil.rmtree(tiny_corpus / "rms")
        return PicklingExecutor()

    monkeypatch.setattr(part_map, "make_executor", make)
    with pytest.raises(InputError, match="expected the corpus of the plan in every worker"):
        measure("run")


def test_the_place_of_a_task_may_resume_and_that_of_a_command_may_not(tmp_path):
    assert not Place(ExecutionOptions(shard="all"), resume=False).may_resume(tmp_path)
    assert Place(ExecutionOptions(shard="1/2"), resume=False).may_resume(tmp_path)
    assert replace(Place(ExecutionOptions(shard="all"), resume=False), resume=True).may_resume(tmp_path)


@pytest.mark.parametrize(("part", "name"), [("versions", "torch"), ("model", "fingerprint")])
def test_a_worker_with_another_version_or_model_is_refused_by_name(part, name):
    plan = {"versions": {"torch": "2.8"}, "model": {"fingerprint": "a"}}
    here = {**plan, part: {name: "other"}}
    with pytest.raises(InputError, match=f"expected the {part} of the plan in every worker: {name} .*, found other"):
        check_worker(plan, here, ("versions", "model"))
    check_worker(plan, plan, ("versions", "model"))
