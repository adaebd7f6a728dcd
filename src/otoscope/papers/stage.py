"""One stage of a reproduction: an action, the result that it writes, and the record of its outcome.

The action of a stage resumes by itself. The record is written last. A reproduction that was stopped skips the stages
with a record, and resumes within the first stage that has none. Two processes never run the same stage at a time,
except stages whose parts the tasks of an array share. Whether the records belong to the same plan is checked
once, when the reproduction claims the folder of its results.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from otoscope._io.atomic import make_folder
from otoscope._io.lock import LOCK, LockedError, exclusive
from otoscope._io.saved_work import write_json
from otoscope.errors import InputError, UnfinishedError

COMMAND = "otoscope reproduce"


@dataclass(frozen=True)
class Stage:
    """A step of a reproduction.

    Attributes:
        name: unique name, `m3/segmentation`.
        action: does the work or resumes it; returns the seconds that it took, or None if the time of the call is right.
        needs: names of the earlier stages whose results the action reads.
        result: file or folder that the action writes; if it is missing, the stage runs again.
        essential: whether an input that the stage cannot use is an error. Other stages are skipped with the reason.
        exclusive: whether no other stage may run at the same time, because the stage measures time.
        is_shared: whether the tasks of an array share the parts of the action; other stages are done by one process.
    """

    name: str
    action: Callable[[], float | None]
    needs: Sequence[str] = ()
    result: Path | None = None
    essential: bool = False
    exclusive: bool = False
    is_shared: bool = False

    @property
    def file_stem(self) -> str:
        """Return the name as the name of a file."""
        return self.name.replace("/", "-")


@dataclass(frozen=True)
class StageRecord:
    """The outcome of a stage.

    Attributes:
        seconds: duration of the stage, or of its last attempt.
        skip_reason: why the stage was skipped; empty if it is done.
    """

    seconds: float
    skip_reason: str = ""


def run_stage(stage: Stage, folder: Path, earlier: Mapping[str, StageRecord]) -> StageRecord:
    """Run a stage, unless its record says that it is done and its result exists.

    A stage is skipped if its action raises `InputError` or a stage that it needs was skipped. The next call tries a
    skipped stage again.

    Args:
        stage: the stage.
        folder: folder of the records.
        earlier: records of the earlier stages by name.

    Raises:
        InputError: the stage is essential and cannot use its input.
        UnfinishedError: parts of the stage that other tasks of an array measure are missing.
        LockedError: another process runs the stage.
    """
    if record := load_record(stage, folder):
        return record
    make_folder(folder)
    with nullcontext() if stage.is_shared else exclusive(folder, COMMAND, f".{stage.file_stem}{LOCK}"):
        if record := load_record(stage, folder):  # another process has just run it
            return record
        record = execute(stage, earlier)
        write_json(folder / f"{stage.file_stem}.json", asdict(record), shared=True)
    return record


def load_record(stage: Stage, folder: Path) -> StageRecord | None:
    """Return the record of a stage that is done, or None if there is no readable record or the result is missing."""
    record = load_attempt(stage, folder)
    has_result = stage.result is None or stage.result.exists()
    return record if record and has_result and not record.skip_reason else None


def load_attempt(stage: Stage, folder: Path) -> StageRecord | None:
    """Return the record of a stage that is done or was skipped, or None if there is no readable record."""
    try:
        return StageRecord(**json.loads((folder / f"{stage.file_stem}.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def execute(stage: Stage, earlier: Mapping[str, StageRecord]) -> StageRecord:
    """Run the action of a stage, and return its record.

    Raises:
        InputError: the stage is essential and cannot use its input.
        UnfinishedError: parts of the stage that other tasks of an array measure are missing.
        LockedError: another process uses the result.
    """
    if skipped := [name for name in stage.needs if earlier[name].skip_reason]:
        return StageRecord(0.0, f"it needs {skipped[0]}: {earlier[skipped[0]].skip_reason}")
    start = time.perf_counter()
    try:
        seconds = stage.action()
    except (UnfinishedError, LockedError):
        raise
    except InputError as error:
        if stage.essential:
            raise
        return StageRecord(time.perf_counter() - start, str(error))
    return StageRecord(seconds or time.perf_counter() - start)
