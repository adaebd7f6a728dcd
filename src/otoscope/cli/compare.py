"""`otoscope compare`."""

from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import RunFolder, TableFormat
from otoscope.comparison.options import ComparisonOptions


def compare(
    context: typer.Context,
    run: RunFolder,
    other: Annotated[Path | None, typer.Argument(metavar="[RUN]", help="Another run of the same kind.")] = None,
    format: Annotated[
        TableFormat, typer.Option(help="table to read, csv or json to compute with.")
    ] = TableFormat.table,
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also draw the differences: a file of png, svg or pdf.")
    ] = None,
    width_mm: Annotated[float | None, typer.Option(help="Width of the figure in mm, 80 to 250.")] = None,
) -> None:
    """Compare two runs, or two parts of a run: differences with 95 % intervals, corrected for multiple tests.

    Runs of analyze, rank, probe, layers, prune, segment or patch are paired by utterance or speaker where both have the
    same.
    """
    import otoscope

    compared = otoscope.compare(run, other, options=read_options(context, ComparisonOptions))
    if figure is not None:
        from otoscope.figures.run_figures import save_figure

        save_figure(otoscope.figure(compared, "differences", otoscope.RenderOptions(width_mm=width_mm)), figure)
    print(compared.as_format(format.value), end="")
