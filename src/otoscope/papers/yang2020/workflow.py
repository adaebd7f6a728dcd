"""One stage of a reproduction: a folder that it fills, how, and what it left in its record.

A stage goes through calls that resume by themselves. Its record is written last; so a reproduction that was stopped
anywhere skips what is recorded, and goes on within the stage that is not.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from otoscope._io.atomic import atomic, make_folder
from otoscope.errors import InputError


@dataclass(frozen=True)
class Stage:
    """What is to be done.

    Attributes:
        name: such as `m3/segmentation`.
        make: does it, or goes on with it; returns the seconds that it took where it knows better than a clock here.
        needs: names of the stages, earlier ones, whose outputs it reads.
        result: file or folder that it makes; where that is gone, it is done again.
        essential: without it there is no reproduction: what it cannot use is an error, and not left out.
        alone: nothing else may run beside it, as where time is measured.
    """

    name: str
    make: Callable[[], float | None]
    needs: Sequence[str] = ()
    result: Path | None = None
    essential: bool = False
    alone: bool = False

    @property
    def file(self) -> str:
        """Its name, as files have it."""
        return self.name.replace("/", "-")


@dataclass(frozen=True)
class Record:
    """What became of a stage: seconds that it took, or its last attempt; and why it was left out; empty where not."""

    seconds: float
    left_out: str = ""


def carry_out(stage: Stage, folder: Path, before: Mapping[str, Record]) -> Record:
    """Do a stage, unless its record in `folder` says that it is done and its result is there.

    What its input does not allow (`InputError`) leaves it out, and with it all that need it; on another day it is tried
    again. An essential stage raises.
    """
    if done := recorded(stage, folder):
        return done
    record = _attempt(stage, before)
    make_folder(folder)
    with atomic(folder / f"{stage.file}.json") as partial:
        partial.write_text(json.dumps(asdict(record)) + "\n", encoding="utf-8")
    return record


def recorded(stage: Stage, folder: Path) -> Record | None:
    """What became of a stage that is done; nothing where its record cannot be read or its result is gone."""
    try:
        done = Record(**json.loads((folder / f"{stage.file}.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    stands = stage.result is None or stage.result.exists()
    return done if stands and not done.left_out else None


def _attempt(stage: Stage, before: Mapping[str, Record]) -> Record:
    if lacking := [name for name in stage.needs if before[name].left_out]:
        return Record(0.0, f"it needs {lacking[0]}: {before[lacking[0]].left_out}")
    start = time.perf_counter()
    try:
        known = stage.make()
    except InputError as error:
        if stage.essential:
            raise
        return Record(time.perf_counter() - start, str(error))
    return Record(known or time.perf_counter() - start)
