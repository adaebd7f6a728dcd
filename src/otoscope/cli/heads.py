"""`otoscope heads`."""

from typing import Annotated

import typer

from otoscope.cli.options import RunFolder, TableFormat
from otoscope.statistics import STATISTICS


def heads(
    run: RunFolder,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Sort by a column, numbers from high to low, text from a to z. "
            f"Statistics with one number per head are columns; all statistics: {', '.join(STATISTICS.names())}.",
        ),
    ] = None,
    operations: Annotated[
        bool, typer.Option("--operations", help="What each head attends to or avoids: silence, phones, classes.")
    ] = False,
    similar: Annotated[
        bool, typer.Option("--similar", help="The head most like each, by their maps of the run's example.")
    ] = False,
    columns: Annotated[bool, typer.Option("--columns", help="What each column means, with its unit.")] = False,
    format: Annotated[
        TableFormat, typer.Option(help="table to read, csv or json to compute with.")
    ] = TableFormat.table,
) -> None:
    """List the heads of a run, one row each, or their operations with the effects that name them.

    The columns are the statistics with one number per head; --columns explains those that the run contains.
    """
    from otoscope.results import heads_table, open_run

    if columns:
        print(*(f"{name}: {meaning}" for name, meaning in open_run(run).columns.items()), sep="\n")
        return
    from otoscope.relations import operations_table
    from otoscope.results.similar_heads import similar_heads_table

    table = similar_heads_table if similar else operations_table if operations else heads_table
    print(table(open_run(run), sort, format.value), end="")
