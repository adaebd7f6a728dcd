"""Tasks of an array share stages: one task does each whole stage, none waits, and what measures time comes last."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from otoscope._io.lock import exclusive
from otoscope.errors import InputError, UnfinishedError
from otoscope.papers.shared_stages import run_stages_of_share
from otoscope.papers.stage import COMMAND, Stage
from otoscope.runs.executors.share import Share


@dataclass
class Array:
    """An array of two tasks on a folder. The files `NAME-I` in it are the parts of stages that the tasks share."""

    folder: Path
    done: list[tuple[str, int]] = field(default_factory=list)

    def task(self, number: int, actions: dict[str, Callable[[], float]] | None = None):
        """Return the records of the stages, as the task of a share leaves them; `actions` replaces those of stages."""
        train, heads, prune, speed = "train", "heads", "prune", "speed"
        make = {train: self.whole, heads: self.shared, "other": self.whole, prune: self.shared, speed: self.whole}
        act = {name: kind(name, number) for name, kind in make.items()} | (actions or {})
        stages = [
            Stage(train, act[train], essential=True),
            Stage(heads, act[heads], [train], is_shared=True),
            Stage(speed, act[speed], [heads], exclusive=True),
            Stage(prune, act[prune], [heads], is_shared=True),
            Stage("other", act["other"]),
        ]
        return run_stages_of_share(stages, self.folder / "stages", Share(number, 2), lambda name: None)

    def whole(self, name: str, number: int) -> Callable[[], float]:
        def act() -> float:
            self.done.append((name, number))
            return 1.0

        return act

    def shared(self, name: str, number: int) -> Callable[[], float]:
        def act() -> float:
            (self.folder / f"{name}-{number}").touch()
            if len(list(self.folder.glob(f"{name}-*"))) < 2:
                raise UnfinishedError("the other part is missing")
            self.done.append((name, number))
            return 1.0

        return act


@pytest.fixture
def array(tmp_path) -> Array:
    return Array(tmp_path)


def test_the_same_array_again_continues_until_all_is_done_and_no_stage_is_done_twice(array):
    with pytest.raises(UnfinishedError, match="lacks heads, speed, prune and 1 more of 5 stages"):
        array.task(1)
    with pytest.raises(UnfinishedError, match=r"share 2 of 2 is done; .* lacks speed, prune of 5 stages; repeat the"):
        array.task(2)
    assert array.done == [("train", 1), ("heads", 2), ("other", 2)]
    assert list(array.task(1)) == ["train", "heads", "speed", "prune", "other"]
    assert array.done[3:] == [("prune", 1), ("speed", 1)]
    assert array.task(2) == array.task(1)
    assert len(array.done) == 5


def test_a_task_whose_needs_are_missing_leaves_its_stage(array):
    with pytest.raises(UnfinishedError, match="lacks train, heads, speed and 1 more of 5 stages"):
        array.task(2)
    assert array.done == [("other", 2)]


def test_a_stage_that_another_process_runs_is_left(array):
    (array.folder / "stages").mkdir()
    with (
        exclusive(array.folder / "stages", COMMAND, ".train.lock"),
        pytest.raises(UnfinishedError, match="lacks train, heads"),
    ):
        array.task(1)
    assert array.done == []


def test_a_skipped_stage_counts_as_done_for_the_other_task_and_is_tried_again_by_its_own(array):
    def fail() -> float:
        raise InputError("no speech")

    for number in (1, 2):
        with pytest.raises(UnfinishedError):
            array.task(number, {"other": fail})
    assert array.task(1)["other"].skip_reason == "no speech"
    assert array.task(2)["other"].skip_reason == ""


def test_a_shared_stage_without_usable_input_is_skipped_by_every_task(array):
    def fail() -> float:
        raise InputError("no phones")

    with pytest.raises(UnfinishedError, match="lacks heads"):
        array.task(1, {"prune": fail})
    with pytest.raises(UnfinishedError, match="lacks speed, prune"):
        array.task(2)
    assert array.task(1, {"prune": fail})["prune"].skip_reason == "no phones"


def test_an_essential_stage_without_usable_input_stops_its_task(array):
    def fail() -> float:
        raise InputError("no speech to train on")

    with pytest.raises(InputError, match="no speech to train on"):
        array.task(1, {"train": fail})
