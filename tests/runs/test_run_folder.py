"""The run folder is checked before the model loads, and no failure leaves an empty run behind."""

import pytest

import otoscope
from otoscope.errors import InputError
from otoscope.importance.options import RankingOptions
from otoscope.probing.options import ProbingOptions
from otoscope.pruning.options import ScheduleOptions
from otoscope.results import claim_folder
from otoscope.runs.cache import resume_or_run
from otoscope.runs.options import SpeechOptions

PROBING = ProbingOptions(probes=("hidden-error",))
COMMANDS = {
    "analyze": (otoscope.analyze, {}),
    "segment": (otoscope.segment, {}),
    "rank": (otoscope.rank, {"ranking": RankingOptions(by=("weight",))}),
    "probe": (otoscope.probe, {"probing": PROBING}),
    "prune": (otoscope.prune, {"schedule": ScheduleOptions(by=("weight",)), "probing": PROBING}),
}


@pytest.fixture(params=COMMANDS)
def command(request, tmp_path, monkeypatch):
    """Each command that writes a run, with a model that fails the test if a command loads it."""

    def loads(*arguments, **options):
        raise AssertionError("the model is loaded")

    monkeypatch.setattr("otoscope.runs.speech_source.load", loads)
    run, arguments = COMMANDS[request.param]

    def call(out, **options):
        return run("bundled", "bundled", out, **arguments, options=SpeechOptions(**options))

    return call


def test_a_folder_of_something_else_is_refused_before_the_model_loads(command, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is not a run of otoscope"):
        command(tmp_path)
    with pytest.raises(InputError, match="is not a run of otoscope"):
        command(tmp_path / "thesis.txt")


def test_a_run_without_resume_is_refused_before_the_model_loads(command, tmp_path):
    claim_folder(tmp_path / "run", {"model": {"name": "bundled"}})
    with pytest.raises(InputError, match="pass --resume to continue it"):
        command(tmp_path / "run")


def test_a_run_of_another_plan_is_refused_before_the_model_loads(command, tmp_path):
    claim_folder(tmp_path / "run", {"model": {"name": "another"}, "corpus": {"limit": 3}})
    with pytest.raises(InputError, match=r"model\.name is 'another' there, 'bundled' now"):
        command(tmp_path / "run", limit=3, resume=True)


@pytest.mark.parametrize("failure", [InputError("no speech"), RuntimeError("a fault"), KeyboardInterrupt()])
@pytest.mark.parametrize("existed", [False, True])
def test_no_failure_before_the_first_result_leaves_a_run(tmp_path, failure, existed):
    """An empty folder of the user stays, empty."""

    def fails(folder):
        (folder / "shards").mkdir()
        (folder / "skipped.json").write_text("[]", encoding="utf-8")
        raise failure

    folder = tmp_path / "run"
    if existed:
        folder.mkdir()
    with pytest.raises(type(failure)):
        resume_or_run(folder, {"model": "m"}, fails, resume=False)
    assert folder.exists() == existed
    assert not existed or not list(folder.iterdir())


@pytest.mark.parametrize("failure", [RuntimeError("a fault"), KeyboardInterrupt()])
def test_a_failure_after_the_first_result_leaves_a_run_to_resume(tmp_path, failure):
    def fails(folder):
        (folder / "shards").mkdir()
        (folder / "shards" / "000000.npz").touch()
        raise failure

    with pytest.raises(type(failure)):
        resume_or_run(tmp_path / "run", {"model": "m"}, fails, resume=False)
    assert (tmp_path / "run" / "run.json").is_file()
    assert (tmp_path / "run" / "shards" / "000000.npz").is_file()
