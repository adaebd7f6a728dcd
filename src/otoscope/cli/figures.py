"""`otoscope figures`."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import RunFolder, ThemeName
from otoscope.figures import FIGURES
from otoscope.runs.options import option


@dataclass(frozen=True, kw_only=True)
class FigureOptions:
    """Which figures are drawn, and into which files.

    Attributes:
        only: names of figures; empty draws all for which the run has the data.
        format: file formats.
        theme: background.
        heads: heads to show, each as LAYER.HEAD; empty for the choice of each figure.
        width_mm: width in mm.
        no_title: omit title, model and speech.
    """

    only: tuple[str, ...] = option(
        (), f"Figures to draw, separated by commas: {', '.join(FIGURES.names())}.", metavar="NAMES"
    )
    format: tuple[str, ...] = option(("png",), "File formats, of png, svg and pdf, separated by commas.")
    theme: ThemeName = field(default=ThemeName.light, metadata={"help": "Background."})
    heads: tuple[str, ...] = option((), "Heads to show, in figures that can; default: their choice.", metavar="L.H,...")
    width_mm: float | None = option(None, "Width in mm, 80 to 250; default: what suits each figure.")
    no_title: bool = option(False, "Omit title, model and speech; for figures with a caption.")


def figures(
    context: typer.Context,
    run: RunFolder,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the figures.")],
    utterance: Annotated[str | None, typer.Option(metavar="ID", help="Utterance whose maps are shown.")] = None,
    value_zeroing: Annotated[
        bool, typer.Option("--value-zeroing", help="Also draw which phones each frame needs; runs the model again.")
    ] = False,
) -> None:
    """Draw the figures of a run: all of its kind for which it has the data, or those named."""
    from otoscope.figures import RenderOptions
    from otoscope.figures.run_figures import draw
    from otoscope.results.head_names import parse_heads

    def report_skipped(figure: str, reason: str) -> None:
        print(f"otoscope: skipped figure {figure}: {reason}", file=sys.stderr)

    drawing = read_options(context, FigureOptions)
    options = RenderOptions(
        drawing.format,
        drawing.theme.value,
        report_skipped,
        drawing.only or None,
        parse_heads(drawing.heads),
        drawing.width_mm,
        has_title=not drawing.no_title,
    )
    print(*draw(run, out, options, utterance=utterance, zeroing=value_zeroing), sep="\n")
