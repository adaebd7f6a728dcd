"""One bad input: how it is made, the command that reads it, and what must hold afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

IN_PLACE = ("cache",)
"""Names in an attempt's folder that a command may write for every input."""


@dataclass(frozen=True)
class Samples:
    """Valid inputs that attempts start from and do not change: a model, a corpus, and a run of each kind."""

    model: Path
    corpus: Path
    runs: dict[str, Path]


@dataclass(frozen=True)
class Attempt:
    """A command on a bad input.

    Attributes:
        kind: group of the report.
        name: what is bad.
        arguments: of the command; `{here}`, `{model}`, `{corpus}` and `{KIND}` (a run) are replaced by paths.
        prepare: writes the input into the folder `here`.
        is_refused: whether the command must not succeed.
    """

    kind: str
    name: str
    arguments: tuple[str, ...]
    prepare: Callable[[Path, Samples], None] = lambda here, samples: None
    is_refused: bool = False

    def command(self, here: Path, samples: Samples) -> list[str]:
        """Return the arguments with paths."""
        paths = {"here": here, "model": samples.model, "corpus": samples.corpus, **samples.runs}
        replaced = []
        for argument in self.arguments:
            for name, path in paths.items():
                argument = argument.replace(f"{{{name}}}", str(path))
            replaced.append(argument)
        return replaced


def contents(folder: Path) -> dict[str, int]:
    """Return the size of each file in a folder by its path."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in IN_PLACE
    }


def check(
    status: int, err: str, before: dict[str, int], after: dict[str, int], *, is_refused: bool = False
) -> str | None:
    """Return what is wrong with the end of a command, or None.

    A command succeeds (0), unless it must be refused, or prints one line to standard error, exits with status 2 and
    leaves the folder as it was.
    """
    if "Traceback (most recent call last)" in err:
        return "traceback: " + err.strip().rpartition("\n")[2]
    if status not in (0, 2):
        return f"exit status {status}: {err.strip()[-200:]}"
    if status == 0:
        return "succeeded" if is_refused else None
    lines = err.strip().splitlines()
    if len(lines) != 1 or not lines[0].startswith("otoscope: "):
        return f"expected one line, found {len(lines)}: {err.strip()[:300]}"
    if before != after:
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        return f"left or changed {', '.join(changed[:3])}"
    return None
