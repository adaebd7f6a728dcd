"""A real Ray cluster of two nodes on this machine: the bits of one process, also where a node is killed."""

from dataclasses import dataclass

import pytest
from tests.helpers.run_bits import same_bits

import otoscope
from otoscope import ExecutionOptions, ProbingOptions, ScheduleOptions
from otoscope.analysis import measure_shards, shard_plan
from otoscope.errors import InputError
from otoscope.runs.executors.ray_cluster import RayExecutor

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'otoscope[ray]'")
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Number:
    value: int
    seconds: float = 1.0
    text: str = "numbers"


@pytest.fixture(scope="module")
def cluster():
    """Two nodes with one CPU each; the first has the head."""
    from ray.cluster_utils import Cluster

    running = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    yield running
    running.shutdown()


def test_a_node_that_is_killed_in_the_middle_changes_no_bit(cluster, tiny_model, tiny_corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(shard_plan, "SHARD_SECONDS", 0.1)
    second, killed = cluster.add_node(num_cpus=1), []
    real = measure_shards.write_shard

    def write_and_kill(*arguments):
        if not killed:
            cluster.remove_node(second, allow_graceful=False)
            killed.append(second)
        real(*arguments)

    monkeypatch.setattr(measure_shards, "write_shard", write_and_kill)
    place = ExecutionOptions(ray=cluster.address)
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", execution=place)
    assert killed
    assert same_bits(run, otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "one"))


def test_an_error_of_a_task_is_that_of_the_command(cluster):
    def refuse(resource, number, on_progress):
        raise InputError("expected speech, found silence")

    with pytest.raises(InputError, match=r"^expected speech, found silence$"):
        list(RayExecutor(cluster.address).map(lambda: None, refuse, [Number(0)], lambda seconds: None))


def test_an_address_that_does_not_answer_is_one_line():
    with pytest.raises(InputError, match=r"expected a Ray cluster at 127\.0\.0\.1:1, found none that answers"):
        list(RayExecutor("127.0.0.1:1").map(lambda: None, min, [], lambda seconds: None))


def test_a_ray_that_does_not_start_here_is_one_line(monkeypatch):
    import ray

    def times_out(**where):
        raise RuntimeError("timed out")

    monkeypatch.setattr(ray, "init", times_out)
    with pytest.raises(InputError, match=r"expected Ray to start on this machine, found that it did not \(timed out\)"):
        list(RayExecutor("local").map(lambda: None, min, [], lambda seconds: None))


def test_interventions_of_prune_on_a_cluster_have_the_bits_of_one_process(
    cluster, tiny_pretrained, tiny_corpus, tmp_path
):
    schedule = ScheduleOptions(by=("weight",), step=0.5, spans=(2,))
    probing = ProbingOptions(probes=("hidden-error",), seeds=1)

    def prune(out, ray):
        place = ExecutionOptions(ray=ray)
        return otoscope.prune(tiny_pretrained, tiny_corpus, out, schedule=schedule, probing=probing, execution=place)

    assert same_bits(prune(tmp_path / "ray", cluster.address), prune(tmp_path / "one", None))
