"""`otoscope heads`."""

from typing import TYPE_CHECKING, Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import RunFolder, TableFormat
from otoscope.errors import InputError
from otoscope.relations.options import RelationOptions
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
    against: Annotated[
        str | None, typer.Option(metavar="LAYER.HEAD", help="How each other head differs from this one.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(metavar="CONDITION", help="Of some utterances: gender=f, age>=18.")
    ] = None,
    columns: Annotated[bool, typer.Option("--columns", help="What each column means, with its unit.")] = False,
    format: Annotated[
        TableFormat, typer.Option(help="table to read, csv or json to compute with.")
    ] = TableFormat.table,
) -> None:
    """List the heads of a run, one row each, or their operations with the effects that name them.

    The columns are the statistics with one number per head; --columns explains those that the run contains.
    """
    from otoscope.results import heads_table, open_run

    if against is not None:
        from otoscope.comparison.compare import compare
        from otoscope.comparison.options import ComparisonOptions

        print(compare(run, options=ComparisonOptions(against=against, where=where)).as_format(format.value), end="")
        return
    if where is not None and (operations or similar):
        raise InputError("expected --where without --operations and --similar, which are of the whole run; omit one")
    opened = open_run(run) if where is None else open_run(run).where(where)
    if columns:
        print(*(f"{name}: {meaning}" for name, meaning in opened.columns.items()), sep="\n")
        return
    from otoscope.relations.tables import operations_table
    from otoscope.results.similar_heads import similar_heads_table

    if similar:
        print(similar_heads_table(opened, sort, format.value), end="")
    elif operations:
        print(operations_table(opened, sort, format.value, read_options(context, RelationOptions)), end="")
    else:
        view: View = "categories" if categories else "relative" if relative else "statistics"
        print(heads_table(opened, sort, format.value, view), end="")
