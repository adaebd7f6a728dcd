"""`otoscope heads`."""

from typing import Annotated

import typer

from otoscope.cli.arguments import RunFolder, TableFormat


def heads(
    run: RunFolder,
    sort: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Numbers from high to low, text from a to z.")
    ] = None,
    format: Annotated[
        TableFormat, typer.Option(help="table to read, csv or json to compute with.")
    ] = TableFormat.table,
) -> None:
    """List the heads of a run, one row each."""
    from otoscope.results import heads_table, open_run

    print(heads_table(open_run(run), sort, format.value), end="")
