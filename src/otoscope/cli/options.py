"""Arguments that several commands share."""

import shlex
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from otoscope.errors import InputError

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder that otoscope wrote.")]

Model = Annotated[str, typer.Argument(help="Hugging Face hub name, model folder, or 'bundled'.")]
Corpus = Annotated[str, typer.Argument(help="Folder of speech in any known layout, or 'bundled'.")]
NewRun = Annotated[Path, typer.Option("-o", "--out", metavar="RUN", help="Run folder to write.")]
Number = TypeVar("Number", int, float, str)


def numbers(text: str, what: str, kind: Callable[[str], Number]) -> list[Number]:
    """Return values of a kind from text with commas between them; raise InputError for any other text."""
    try:
        return [kind(number) for number in text.split(",") if text]
    except ValueError:
        raise InputError(f"expected {what} with commas between, found '{text}'") from None


def names(text: str) -> list[str]:
    """Return the names in text with commas between them.

    >>> names("anna,ben"), names("")
    (['anna', 'ben'], [])
    """
    return [name for name in text.split(",") if name]


def shell_command(*words: str | Path) -> str:
    """Return a command of otoscope as a user types it into a shell, with quotes where a path needs them.

    >>> shell_command("heads", Path("my run"))
    "otoscope heads 'my run'"
    """
    return shlex.join(["otoscope", *map(str, words)])


class TableFormat(StrEnum):
    """How a table is printed."""

    table = "table"
    csv = "csv"
    json = "json"


class ThemeName(StrEnum):
    """Background of figures."""

    light = "light"
    dark = "dark"
