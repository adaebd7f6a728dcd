"""The stages of a reproduction as a task of an array does them. No task waits for another.

The tasks share the parts of the stages that measure a model. Every other stage belongs to one task, by a fixed rule. A
task leaves what needs results that are still missing, and tries each stage once; the same array again continues there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from otoscope._io.lock import LockedError
from otoscope.errors import UnfinishedError, join_truncated
from otoscope.papers.stage import Stage, StageRecord, load_attempt, load_record, run_stage
from otoscope.runs.executors.share import Share

MAX_NAMED = 3  # stages that a message names


def run_stages_of_share(
    stages: Sequence[Stage], folder: Path, share: Share, on_stage: Callable[[str], None]
) -> dict[str, StageRecord]:
    """Run the stages of a task, and its share of those that the tasks share; return all records if all are done.

    Stages that measure time run last, in the task that finds all others done.

    Args:
        stages: the stages, each after those that it needs.
        folder: folder of the records.
        share: the share of this task.
        on_stage: receives the name of each stage when it starts.

    Returns:
        The record of each stage by name, in the order of `stages`.

    Raises:
        UnfinishedError: stages of other tasks are missing.
        InputError: an essential stage cannot use its input.
    """
    work = StageShare(stages, folder, share, on_stage)
    while work.advance():
        pass
    if missing := [stage.name for stage in stages if stage.name not in work.records]:
        names = f"{join_truncated(missing, MAX_NAMED)} of {len(stages)} stages"
        raise UnfinishedError(
            f"share {share.number} of {share.count} is done; {folder.parent} lacks {names}; repeat the array when its "
            "tasks have ended"
        )
    return {stage.name: work.records[stage.name] for stage in stages}


def owner(stages: Sequence[Stage], count: int) -> dict[str, int]:
    """Return which of several tasks does each stage that is not shared, counted from 0: those of a level in turn.

    >>> train = [Stage(name, float) for name in ("m3", "m6", "m9")]
    >>> owner([train[0], Stage("m3/held-out", float, ["m3"]), *train[1:]], 2)
    {'m3': 0, 'm6': 1, 'm9': 0, 'm3/held-out': 1}
    """
    whole = sorted((stage for stage in stages if not stage.is_shared), key=_level(stages))
    return {stage.name: place % count for place, stage in enumerate(whole)}


def _level(stages: Sequence[Stage]) -> Callable[[Stage], int]:
    """Return what gives the number of stages that must be done before a stage, one after the other."""
    levels: dict[str, int] = {}
    for stage in stages:
        levels[stage.name] = 1 + max((levels[name] for name in stage.needs), default=-1)
    return lambda stage: levels[stage.name]


@dataclass(eq=False)
class StageShare:
    """The stages that are done, as one task knows. Only `advance` changes it.

    Attributes:
        stages: the stages, each after those that it needs.
        folder: folder of the records.
        share: the share of the task.
        on_stage: receives the name of each stage when it starts.
        records: records of the stages that are done, or skipped.
    """

    stages: Sequence[Stage]
    folder: Path
    share: Share
    on_stage: Callable[[str], None]
    records: dict[str, StageRecord] = field(default_factory=dict)
    _attempts: set[str] = field(default_factory=set)

    def advance(self) -> bool:
        """Pass through the stages that are not done, and return whether one of them is done now and others are not."""
        before = len(self.records)
        for stage in self._open():
            if record := self._record(stage):
                self.records[stage.name] = record
        return before < len(self.records) < len(self.stages)

    def _open(self) -> Iterator[Stage]:
        """Yield the stages whose needs are done and that are not done themselves."""
        for stage in self.stages:
            if stage.name not in self.records and all(name in self.records for name in stage.needs):
                yield stage

    def _record(self, stage: Stage) -> StageRecord | None:
        """Return the record of a stage, which this task runs if it may; None while it is not done."""
        if record := load_record(stage, self.folder):
            return record
        if not self._may_run(stage):
            return load_attempt(stage, self.folder)
        if stage.name in self._attempts:  # the task that stores the last part of a stage finishes the stage
            return None
        self._attempts.add(stage.name)
        self.on_stage(stage.name)
        try:
            return run_stage(stage, self.folder, self.records)
        except (UnfinishedError, LockedError):
            return None

    def _may_run(self, stage: Stage) -> bool:
        """Return whether the stage is shared, or of this task; what measures time runs when all else is done."""
        if stage.exclusive:
            return all(other.exclusive or other.name in self.records for other in self.stages)
        return stage.is_shared or self._owners[stage.name] == self.share.number - 1

    @cached_property
    def _owners(self) -> Mapping[str, int]:
        return owner(self.stages, self.share.count)
