"""The share of a run that one task of a cluster measures: every N-th part of the plan."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from otoscope.errors import InputError

TASK, COUNT, FIRST, STEP = (f"SLURM_ARRAY_TASK_{name}" for name in ("ID", "COUNT", "MIN", "STEP"))
ALL = "all"
"""Value of `--shard` that ignores the environment of an array."""


@dataclass(frozen=True)
class Share:
    """Share `number` of `count`, counted from 1."""

    number: int
    count: int

    def contains(self, part: int) -> bool:
        """Return whether the part of a plan with this number, counted from 0, belongs to the share.

        >>> [part for part in range(7) if Share(2, 3).contains(part)]
        [1, 4]
        """
        return part % self.count == self.number - 1


def find_share(shard: str | None, environment: Mapping[str, str]) -> Share | None:
    """Return the share that the user or the array of SLURM asks for, or None for all parts.

    Args:
        shard: value of `--shard`: `3/16`, `all`, or None, which takes the share from the environment of a task.
        environment: variables of the process.

    Raises:
        InputError: the text is no share, or the ids of the array's tasks are not evenly spaced.

    >>> find_share("3/16", {}), find_share(None, {})
    (Share(number=3, count=16), None)
    >>> find_share(None, {TASK: "4", COUNT: "8", FIRST: "0", STEP: "1"})
    Share(number=5, count=8)
    """
    if shard is None:
        return _slurm_share(environment) if environment.get(TASK) and environment.get(COUNT) else None
    if shard == ALL:
        return None
    match = re.fullmatch(r"(\d+)/(\d+)", shard)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise InputError(f"expected --shard I/N with I from 1 to N, or {ALL}; found '{shard}'")
    return Share(int(match[1]), int(match[2]))


def _slurm_share(environment: Mapping[str, str]) -> Share:
    try:
        task, count = int(environment[TASK]), int(environment[COUNT])
        place, rest = divmod(task - int(environment.get(FIRST, 1)), int(environment.get(STEP, 1)))
    except (ValueError, ZeroDivisionError):
        raise InputError(f"expected numbers in {TASK}, {COUNT}, {FIRST} and {STEP}; pass --shard I/N instead") from None
    if rest or not 0 <= place < count:
        raise InputError(
            f"expected an array whose {count} tasks have evenly spaced ids, found task {task}; pass --shard I/N, with "
            "the N of the first array, or --shard all"
        )
    return Share(place + 1, count)
