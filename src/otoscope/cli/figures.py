"""`otoscope figures`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.options import RunFolder, Theme


def figures(
    run: RunFolder,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the figures.")],
    format: Annotated[str, typer.Option(help="Of png, svg and pdf, with commas between.")] = "png",
    utterance: Annotated[str | None, typer.Option(metavar="ID", help="Whose maps to show.")] = None,
    theme: Annotated[Theme, typer.Option(help="Background.")] = Theme.light,
    value_zeroing: Annotated[
        bool, typer.Option("--value-zeroing", help="Also what each frame needs of each phone; the model runs again.")
    ] = False,
) -> None:
    """Draw the figures of a run."""
    from otoscope.figures.draw_run import draw

    def skipped(figure: str, reason: str) -> None:
        print(f"otoscope: no figure {figure}: {reason}", file=sys.stderr)

    paths = draw(
        run,
        out,
        formats=format.split(","),
        utterance=utterance,
        theme=theme.value,
        zeroing=value_zeroing,
        on_skip=skipped,
    )
    print(*paths, sep="\n")
