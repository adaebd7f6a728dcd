"""`otoscope figures`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.options import RunFolder, ThemeName
from otoscope.figures import FIGURES


def figures(
    run: RunFolder,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the figures.")],
    only: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help=f"Figures to draw, separated by commas: {', '.join(FIGURES.names())}."),
    ] = None,
    format: Annotated[str, typer.Option(help="File formats, of png, svg and pdf, separated by commas.")] = "png",
    utterance: Annotated[str | None, typer.Option(metavar="ID", help="Utterance whose maps are shown.")] = None,
    theme: Annotated[ThemeName, typer.Option(help="Background.")] = ThemeName.light,
    value_zeroing: Annotated[
        bool, typer.Option("--value-zeroing", help="Also draw which phones each frame needs; runs the model again.")
    ] = False,
) -> None:
    """Draw the figures of a run: all of its kind for which it has the data, or those named."""
    from otoscope.figures import RenderOptions
    from otoscope.figures.run_figures import draw

    def report_skipped(figure: str, reason: str) -> None:
        print(f"otoscope: skipped figure {figure}: {reason}", file=sys.stderr)

    names = None if only is None else only.split(",")
    options = RenderOptions(format.split(","), theme.value, report_skipped, names)
    print(*draw(run, out, options, utterance=utterance, zeroing=value_zeroing), sep="\n")
