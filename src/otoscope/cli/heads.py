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
    format: Annotated[
        TableFormat, typer.Option(help="table to read, csv or json to compute with.")
    ] = TableFormat.table,
) -> None:
    """List the heads of a run, one row each, or their operations with the effects that name them."""
    from otoscope.relations import operations_table
    from otoscope.results import heads_table, open_run

    table = operations_table if operations else heads_table
    print(table(open_run(run), sort, format.value), end="")
