"""Arguments that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from otoscope.errors import BadInput

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder that otoscope wrote.")]

Model = Annotated[str, typer.Argument(help="Hugging Face hub name, model folder, or 'embedded'.")]
Corpus = Annotated[str, typer.Argument(help="Folder of speech in any known layout, or 'embedded'.")]
NewRun = Annotated[Path, typer.Option("-o", "--out", metavar="RUN", help="Run folder to write.")]
Device = Annotated[str, typer.Option(help="Torch device; auto takes a GPU where there is one.")]
Dtype = Annotated[str, typer.Option(help="float32, float64, bfloat16 or float16.")]
Limit = Annotated[int | None, typer.Option(help="Take the first N utterances only.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an unfinished run.")]
Format = Annotated[str | None, typer.Option(help="audio, timit, textgrid, kaldi or lhotse.")]
Tier = Annotated[str | None, typer.Option(help="TextGrid tier of the phones.")]
Channel = Annotated[int | None, typer.Option(help="Channel of audio with several, from 0.")]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at an utterance that cannot be used.")]


def numbers(text: str, what: str) -> list[int]:
    """Whole numbers with commas between, none of an empty text. Raises BadInput for anything else."""
    try:
        return [int(number) for number in text.split(",") if text]
    except ValueError:
        raise BadInput(f"expected {what} as whole numbers with commas between, got '{text}'") from None


class TableFormat(StrEnum):
    """How a table is printed."""

    table = "table"
    csv = "csv"
    json = "json"


class Theme(StrEnum):
    """Background of figures."""

    light = "light"
    dark = "dark"
