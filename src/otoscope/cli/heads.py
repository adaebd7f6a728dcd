"""`otoscope heads`."""

from typing import Annotated

import typer

from otoscope.cli.arguments import RunFolder, TableFormat


def heads(
    run: RunFolder,
    sort: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Numbers from high to low, text from a to z.")
    ] = None,
    operations: Annotated[
        bool, typer.Option("--operations", help="What each head attends to or avoids: silence, phones, classes.")
    ] = False,
    similar: Annotated[
        bool, typer.Option("--similar", help="The head most like each, by their maps of the run's example.")
    ] = False,
    format: Annotated[
        TableFormat, typer.Option(help="table to read, csv or json to compute with.")
    ] = TableFormat.table,
) -> None:
    """List the heads of a run, one row each, or their operations with the effects that name them.

    Every statistic of a run is a column to sort by, and stands in csv and json.
    """
    from otoscope.relations import operations_table
    from otoscope.results import heads_table, open_run
    from otoscope.views import similar_heads_table

    table = similar_heads_table if similar else operations_table if operations else heads_table
    print(table(open_run(run), sort, format.value), end="")
