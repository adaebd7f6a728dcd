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
) -> None:
    """Compare two runs, or two parts of a run: differences with 95 % intervals, corrected for multiple tests.

    Runs of analyze, rank, probe, layers, prune, segment or patch are paired by utterance or speaker where both have the
    same.
    """
    import otoscope

    compared = otoscope.compare(run, other, options=read_options(context, ComparisonOptions))
    print(compared.as_format(format.value), end="")
