"""The share of a task: from the option, or from the variables of an array."""

import pytest

from otoscope.errors import InputError
from otoscope.runs.executors.share import Share, find_share


def slurm(task, count, first=0, step=1):
    names = {"ID": task, "COUNT": count, "MIN": first, "STEP": step}
    return {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in names.items()}


@pytest.mark.parametrize("count", [1, 3, 8])
def test_shares_are_disjoint_and_hold_every_part(count):
    parts = [part for number in range(count) for part in range(20) if Share(number + 1, count).contains(part)]
    assert sorted(parts) == list(range(20))


@pytest.mark.parametrize(
    ("environment", "share"),
    [
        (slurm(0, 8), Share(1, 8)),
        (slurm(8, 8, first=1), Share(8, 8)),
        (slurm(30, 4, first=0, step=10), Share(4, 4)),
        ({}, None),
    ],
)
def test_a_task_of_an_array_has_its_share(environment, share):
    assert find_share(None, environment) == share


def test_the_option_comes_before_the_array():
    assert find_share("2/3", slurm(0, 8)) == Share(2, 3)
    assert find_share("all", slurm(0, 8)) is None


@pytest.mark.parametrize("shard", ["0/4", "5/4", "1", "a/b", "1/0", "-1/4"])
def test_a_text_that_is_no_share_is_refused(shard):
    with pytest.raises(InputError, match="expected --shard I/N"):
        find_share(shard, {})


@pytest.mark.parametrize("environment", [slurm(9, 2, first=3), slurm(4, 2, step=3), slurm("x", 2)])
def test_an_array_of_some_tasks_is_refused(environment):
    """`--array=3,9` does not state the N of the first array."""
    with pytest.raises(InputError, match="--shard I/N"):
        find_share(None, environment)
