"""How far a run is: which shards are stored, which are missing, and which failed. Opens no results."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from otoscope.results.record import read_record

MAX_NAMED = 10  # shards in a message
SHARDS, COUNT = "shards", "count.json"


@dataclass(frozen=True)
class RunStatus:
    """How far a run is.

    Attributes:
        finished: whether the run is finished.
        shards: number of shards of the plan; None for a run that has none.
        stored: number of shards that are measured.
        missing: numbers of the other shards, from 0.
        failed: number and reason of each missing shard whose task reported an error.

    Examples:
        >>> RunStatus(finished=False, shards=4, stored=3, missing=(2,), failed={}).missing
        (2,)
    """

    finished: bool
    shards: int | None
    stored: int
    missing: tuple[int, ...]
    failed: dict[int, str]

    def to_dict(self) -> dict[str, Any]:
        """Return the status as JSON has it."""
        return asdict(self)


def run_status(path: str | os.PathLike[str]) -> RunStatus:
    """Return how far the run in a folder is, without opening its results.

    Args:
        path: a run folder.

    Returns:
        What is stored, missing and failed.

    Raises:
        InputError: the folder is not a run, or its record is damaged.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope.results import claim_folder
        >>> with TemporaryDirectory() as folder:
        ...     _ = claim_folder(folder, {"model": "a", "shards": {"count": 2}})
        ...     run_status(folder).missing
        (0, 1)
    """
    folder = Path(path)
    record = read_record(folder)
    count = record["plan"].get("shards", {}).get("count")
    paths = part_paths(folder) if count is None else [shard_path(folder, number) for number in range(count)]
    if record["finished"] or not paths:
        return RunStatus(record["finished"], count, count or 0, (), {})
    stored = _stored(folder)
    missing = tuple(number for number, path in enumerate(paths) if path not in stored)
    reasons = {number: _reason(failure_path(paths[number])) for number in missing}
    failed = {number: reason for number, reason in reasons.items() if reason is not None}
    return RunStatus(False, len(paths), len(paths) - len(missing), missing, failed)


def status_text(status: RunStatus) -> str:
    """Return the lines of `otoscope status`.

    >>> print(status_text(RunStatus(False, 4, 2, (1, 3), {3: "disk full"})))
    unfinished: 2 of 4 shards are stored
    missing: shards 2, 4 of 4
    failed: shard 4 of 4: disk full
    """
    if status.finished:
        return "finished"
    if status.shards is None:
        return "unfinished: no shard of it is planned yet, or this kind of run has none"
    lines = [f"unfinished: {status.stored} of {status.shards} shards are stored"]
    if status.missing:
        lines.append(f"missing: {shard_names(status.missing, status.shards)}")
    lines += [f"failed: {shard_names((number,), status.shards)}: {reason}" for number, reason in status.failed.items()]
    return "\n".join(lines)


def missing_shards(folder: Path, count: int) -> tuple[int, ...]:
    """Return the numbers of the shards of an unfinished run that are not stored."""
    stored = _stored(folder)
    return tuple(number for number in range(count) if shard_path(folder, number) not in stored)


def shard_path(folder: Path, number: int) -> Path:
    """Return the file of a shard of a run."""
    return folder / SHARDS / f"{number:06}.npz"


def failure_path(path: Path) -> Path:
    """Return the file with the reason why a part failed, from the file of its result."""
    return path.with_suffix(".failed.json")


def part_path(folder: Path, name: str, number: int) -> Path:
    """Return the file of a part of a run that has several sequences of parts, each with a name."""
    return folder / SHARDS / name / f"{number:06}.npz"


def count_path(folder: Path, name: str) -> Path:
    """Return the file with the number of parts of a sequence."""
    return folder / SHARDS / name / COUNT


def part_paths(folder: Path) -> list[Path]:
    """Return the files of the parts of all sequences that have begun, stored or not."""
    counts = {path.parent.name: json.loads(path.read_text()) for path in sorted((folder / SHARDS).glob(f"*/{COUNT}"))}
    return [part_path(folder, name, number) for name, count in counts.items() for number in range(count["count"])]


def _stored(folder: Path) -> set[Path]:
    return set((folder / SHARDS).rglob("*.npz"))


def shard_names(numbers: tuple[int, ...], count: int) -> str:
    """Return the names of shards, counted from 1, for a message.

    >>> shard_names((0, 2, 3, 4), 16), shard_names((7,), 8)
    ('shards 1, 3-5 of 16', 'shard 8 of 8')
    """
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    names = [f"{first + 1}" if first == last else f"{first + 1}-{last + 1}" for first, last in spans]
    shown = ", ".join(names[:MAX_NAMED]) + (", ..." if len(names) > MAX_NAMED else "")
    return f"{'shard' if len(numbers) == 1 else 'shards'} {shown} of {count}"


def _reason(path: Path) -> str | None:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["reason"])
    except (FileNotFoundError, ValueError, KeyError):
        return None
