"""Workers and tasks of a cluster give the bits of one process, in any order, and one of them finishes the run."""

from contextlib import nullcontext

import pytest
from tests.helpers.run_bits import same_bits

import otoscope
from otoscope import ExecutionOptions, SpeechOptions, run_status
from otoscope.analysis import measure_shards, shard_plan
from otoscope.errors import InputError, UnfinishedError
from otoscope.results.status import status_text
from otoscope.runs import cache

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shards_of_one_utterance")]


@pytest.fixture
def shards_of_one_utterance(monkeypatch):
    monkeypatch.setattr(shard_plan, "SHARD_SECONDS", 0.1)


@pytest.fixture
def measure(tiny_model, tiny_corpus, tmp_path):
    """Analyze the tiny corpus with the tiny model: the folder, then fields of ExecutionOptions."""

    def call(name, resume=False, **execution):
        place = ExecutionOptions(**execution)
        return otoscope.analyze(
            tiny_model, tiny_corpus, tmp_path / name, options=SpeechOptions(resume=resume), execution=place
        )

    return call


def test_two_workers_give_the_bits_of_one_process(measure, monkeypatch):
    """The workers alone read audio, also that of the example, whose maps this process stores."""
    with monkeypatch.context() as patch:
        patch.setattr("otoscope.models.encoder.load_audio", None)
        two = measure("two", workers=2)
    assert same_bits(two, measure("one"))


def test_tasks_in_any_order_give_the_bits_of_one_process_and_the_last_finishes(measure, tmp_path):
    for shard, missing in (("2/3", "shards 1, 3-4 of 4"), ("3/3", "shards 1, 4 of 4")):
        with pytest.raises(UnfinishedError, match=f"is measured; .* lacks {missing}"):
            measure("run", shard=shard)
    status = run_status(tmp_path / "run")
    assert (status.finished, status.shards, status.stored, status.missing) == (False, 4, 2, (0, 3))
    assert same_bits(measure("run", shard="1/3"), measure("whole"))
    assert run_status(tmp_path / "run").finished
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "maps.zarr",
        "results.zarr",
        "run.json",
        "skipped.json",
        "states.npz",
    ]
    assert same_bits(measure("run", shard="2/3"), measure("run", resume=True))  # a task that comes late


def test_the_command_without_a_share_names_what_is_missing_and_resumes_it(measure):
    with pytest.raises(UnfinishedError):
        measure("run", shard="1/2")
    with pytest.raises(InputError, match=r"without shards 2, 4 of 4; .*--resume"):
        measure("run")
    assert same_bits(measure("run", resume=True), measure("whole"))


def test_a_whole_run_is_finished_by_the_same_command_without_a_share(measure, monkeypatch):
    """As after a kill of the last task within its finish."""
    with monkeypatch.context() as patch:
        patch.setattr(cache, "finish_once", lambda folder, make: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            measure("run", shard="1/1")
        patch.setattr(measure_shards, "measure", None)  # nothing is measured again
    assert same_bits(measure("run"), measure("whole"))


@pytest.mark.parametrize("has_locks", [True, False])
def test_two_finishes_at_once_are_safe(measure, monkeypatch, has_locks):
    """The second begins while the first has read the shards; on a file system without locks both run."""
    real, runs = cache.finish, []

    def finish_twice(*arguments, **options):
        if not runs:
            runs.append("began")
            if has_locks:
                with pytest.raises(UnfinishedError, match="another process finishes"):
                    measure("run", shard="1/1")
            else:
                runs.append(measure("run", shard="1/1"))
        real(*arguments, **options)

    monkeypatch.setattr(cache, "finish", finish_twice)
    if not has_locks:
        monkeypatch.setattr(cache, "exclusive", lambda folder, command: nullcontext())
    assert same_bits(measure("run", shard="1/1"), measure("whole"))


def test_a_task_of_another_plan_is_refused(measure, tiny_model, tiny_corpus, tmp_path):
    with pytest.raises(UnfinishedError):
        measure("run", shard="1/2")
    with pytest.raises(InputError, match=r"another plan.*limit is none there, 2 now"):
        otoscope.analyze(
            tiny_model,
            tiny_corpus,
            tmp_path / "run",
            options=SpeechOptions(limit=2),
            execution=ExecutionOptions(shard="2/2"),
        )


def test_a_model_in_memory_is_refused_by_workers(tiny_model, tiny_corpus, tmp_path):
    with pytest.raises(InputError, match="load by its name or folder, found a Encoder in memory"):
        otoscope.analyze(
            otoscope.load(tiny_model), tiny_corpus, tmp_path / "run", execution=ExecutionOptions(workers=2)
        )


def test_the_status_names_a_shard_that_failed(measure, tmp_path, monkeypatch):
    real = measure_shards.measure

    def fail_last(encoder, cuts, *rest):
        if cuts[0][0] == 3:
            raise InputError("expected audio, found none")
        return real(encoder, cuts, *rest)

    monkeypatch.setattr(measure_shards, "measure", fail_last)
    with pytest.raises(InputError, match="found none"):
        measure("run", shard="1/1")
    status = run_status(tmp_path / "run")
    assert (status.missing, status.failed) == ((3,), {3: "expected audio, found none"})
    assert "failed: shard 4 of 4: expected audio, found none" in status_text(status)
