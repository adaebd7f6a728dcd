"""`otoscope heads`."""

from typing import TYPE_CHECKING, Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import RunFolder, TableFormat
from otoscope.relations.significance import RelationOptions
from otoscope.statistics import STATISTICS

if TYPE_CHECKING:
    from otoscope.results.table import View


def heads(
    context: typer.Context,
    run: RunFolder,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Sort by a column, numbers from high to low, text from a to z. "
            f"Statistics with one number per head are columns; all statistics: {', '.join(STATISTICS.names())}.",
        ),
    ] = None,
    relative: Annotated[
        bool,
        typer.Option("--relative", help="The method's statistics over those of uniform attention of the same length."),
    ] = False,
    categories: Annotated[
        bool, typer.Option("--categories", help="The ranks that decide on the category, and what decides on the shape.")
    ] = False,
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

    if similar:
        print(similar_heads_table(open_run(run), sort, format.value), end="")
    elif operations:
        options = read_options(context, RelationOptions)
        print(operations_table(open_run(run), sort, format.value, options), end="")
    else:
        view: View = "categories" if categories else "relative" if relative else "statistics"
        print(heads_table(open_run(run), sort, format.value, view), end="")
