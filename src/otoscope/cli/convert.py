"""`otoscope convert`."""

from pathlib import Path
from typing import Annotated

import typer


def convert(
    checkpoint: Annotated[Path, typer.Argument(help="Mockingjay, TERA or AudioALBERT file that s3prl wrote.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="Model folder to write.")],
) -> None:
    """Turn an s3prl checkpoint into a model folder; nothing in the file is run."""
    import otoscope

    folder = otoscope.convert(checkpoint, out)
    print(f"model written to {folder}; next: otoscope analyze {folder} CORPUS -o RUN")
