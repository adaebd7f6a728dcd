"""One stage of a reproduction: a folder that it fills, how, and what it left in its record.

A stage goes through calls that resume by themselves. Its record is written last; so a reproduction that was stopped
anywhere skips what is recorded, and goes on within the stage that is not.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from otoscope.atomic import atomic, make_folder
from otoscope.errors import BadInput


@dataclass(frozen=True)
class Stage:
    """What is to be done.

    Attributes:
        name: such as `m3/segmentation`.
        make: does it, or goes on with it.
        needs: names of the stages whose outputs it reads.
        essential: without it there is no reproduction: what it cannot use is an error, and not left out.
    """

    name: str
    make: Callable[[], object]
    needs: Sequence[str] = ()
    essential: bool = False


@dataclass(frozen=True)
class Record:
    """What became of a stage: seconds of the attempt that finished it, and why it was left out; empty where not."""

    seconds: float
    left_out: str = ""


def carry_out(stage: Stage, folder: Path, before: dict[str, Record]) -> Record:
    """Do a stage, unless its record in `folder` says that it is done.

    What its input does not allow (`BadInput`) leaves it out, and with it all that need it; on another day it is tried
    again. An essential stage raises.
    """
    path = folder / f"{stage.name.replace('/', '-')}.json"
    if path.exists() and not (done := Record(**json.loads(path.read_text(encoding="utf-8")))).left_out:
        return done
    start = time.perf_counter()
    left_out = _attempt(stage, before)
    record = Record(time.perf_counter() - start, left_out)
    make_folder(folder)
    with atomic(path) as partial:
        partial.write_text(json.dumps(asdict(record)) + "\n", encoding="utf-8")
    return record


def _attempt(stage: Stage, before: dict[str, Record]) -> str:
    """Why the stage is left out; empty where it is done."""
    if lacking := [name for name in stage.needs if before[name].left_out]:
        return f"it needs {lacking[0]}: {before[lacking[0]].left_out}"
    try:
        stage.make()
    except BadInput as error:
        if stage.essential:
            raise
        return str(error)
    return ""
