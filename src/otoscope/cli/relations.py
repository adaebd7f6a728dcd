"""The command `otoscope relations`."""

from typing import Annotated

import typer

from otoscope.cli.options import RunFolder, TableFormat


def relations(
    run: RunFolder,
    layer: Annotated[int, typer.Option(help="Layer of the head, from 0.")],
    head: Annotated[int, typer.Option(help="Head within the layer, from 0.")],
    format: Annotated[
        TableFormat, typer.Option(help="table: summary; csv, json: every pair of phones.")
    ] = TableFormat.table,
) -> None:
    """Show which phones attend to which in one head of a run."""
    from otoscope.relations import relations_table
    from otoscope.results import open_run

    print(relations_table(open_run(run), layer, head, format.value), end="")
