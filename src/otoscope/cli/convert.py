"""`otoscope convert`."""

from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.options import shell_command


def convert(
    checkpoint: Annotated[Path, typer.Argument(help="File that OpenAI Whisper, fairseq, torchaudio or s3prl wrote.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="Model folder to write.")],
    heads: Annotated[
        int | None,
        typer.Option("--heads", metavar="N", min=1, help="Heads for each layer; torchaudio's files do not state them."),
    ] = None,
) -> None:
    """Turn a checkpoint of another toolkit into a model folder; nothing in the file is run."""
    import otoscope

    folder = otoscope.convert(checkpoint, out, n_heads=heads)
    print(f"model written to {folder}; next: {shell_command('analyze', folder, 'CORPUS', '-o', 'RUN')}")
