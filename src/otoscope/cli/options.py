"""Arguments that several commands share."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar, get_type_hints

import typer

from otoscope.errors import InputError
from otoscope.runs.options import Options, listing_options

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder that otoscope wrote.")]

Model = Annotated[str, typer.Argument(help="Hugging Face hub name, model folder, or 'bundled'.")]
Corpus = Annotated[str, typer.Argument(help="Folder of speech in any known layout, or 'bundled'.")]
NewRun = Annotated[Path, typer.Option("-o", "--out", metavar="RUN", help="Run folder to write.")]
SPEECH_OPTIONS = {
    "device": typer.Option(help="Torch device; auto takes a GPU where there is one."),
    "dtype": typer.Option(help="float32, float64, bfloat16 or float16."),
    "limit": typer.Option(help="Take the first N utterances only."),
    "resume": typer.Option("--resume", help="Go on with an unfinished run."),
    "format": typer.Option(help="audio, timit, textgrid, kaldi or lhotse."),
    "tier": typer.Option(help="TextGrid tier of the phones."),
    "channel": typer.Option(help="Channel of audio with several, from 0."),
    "strict": typer.Option("--strict", help="Stop at an utterance that cannot be used."),
}
Command = TypeVar("Command", bound=Callable[..., None])
Number = TypeVar("Number", int, float)


def speech_options(command: Command) -> Command:
    """The command, taking the options of everything that runs a model on speech; it gets them as `**options`."""
    types = get_type_hints(Options)
    return listing_options(command, {name: Annotated[types[name], said] for name, said in SPEECH_OPTIONS.items()})


def numbers(text: str, what: str, kind: Callable[[str], Number]) -> list[Number]:
    """Numbers of a kind (int, float) with commas between, none of an empty text. Raises InputError for anything else."""
    try:
        return [kind(number) for number in text.split(",") if text]
    except ValueError:
        raise InputError(f"expected {what} with commas between, got '{text}'") from None


class TableFormat(StrEnum):
    """How a table is printed."""

    table = "table"
    csv = "csv"
    json = "json"


class Theme(StrEnum):
    """Background of figures."""

    light = "light"
    dark = "dark"
