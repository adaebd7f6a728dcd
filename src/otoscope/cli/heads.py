"""`otoscope heads`."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import RunFolder, TableFormat
from otoscope.errors import InputError
from otoscope.relations.options import RelationOptions
from otoscope.runs.options import option
from otoscope.statistics import STATISTICS

if TYPE_CHECKING:
    from otoscope.results.table import View


@dataclass(frozen=True, kw_only=True)
class HeadListOptions:
    """Which table of the heads is printed.

    Attributes:
        sort: column to sort by.
        relative: statistics over those of uniform attention.
        categories: the ranks behind category and shape.
        operations: what each head attends to or avoids.
        similar: the most similar head of each.
        against: a head, as LAYER.HEAD, that the others are compared with.
        where: condition on utterances.
        columns: the meaning of the columns, instead of the heads.
        format: form of the table.

    Raises:
        InputError: a condition with a table that is of the whole run.
    """

    sort: str | None = option(
        None,
        "Sort by a column, numbers from high to low, text from a to z. "
        f"Statistics with one number per head are columns; all statistics: {', '.join(STATISTICS.names())}.",
        metavar="COLUMN",
    )
    relative: bool = option(False, "The method's statistics over those of uniform attention of the same length.")
    categories: bool = option(False, "The ranks that decide on the category, and what decides on the shape.")
    operations: bool = option(False, "What each head attends to or avoids: silence, phones, classes.")
    similar: bool = option(False, "The head most like each, by their maps of the run's example.")
    against: str | None = option(None, "How each other head differs from this one.", metavar="LAYER.HEAD")
    where: str | None = option(None, "Of some utterances: gender=f, age>=18.", metavar="CONDITION")
    columns: bool = option(False, "What each column means, with its unit.")
    format: TableFormat = field(
        default=TableFormat.table, metadata={"help": "table to read, csv or json to compute with."}
    )

    def __post_init__(self) -> None:
        """Check that the condition goes with the table."""
        if self.against is None and self.where is not None and (self.operations or self.similar):
            raise InputError(
                "expected --where without --operations and --similar, which are of the whole run; omit one"
            )


def heads(context: typer.Context, run: RunFolder) -> None:
    """List the heads of a run, one row each, or their operations with the effects that name them.

    The columns are the statistics with one number per head; --columns explains those that the run contains.
    """
    from otoscope.results import heads_table, open_run

    table = read_options(context, HeadListOptions)
    sort, where, form = table.sort, table.where, table.format
    if table.against is not None:
        from otoscope.comparison.compare import compare
        from otoscope.comparison.options import ComparisonOptions

        print(compare(run, options=ComparisonOptions(against=table.against, where=where)).as_format(form.value), end="")
        return
    opened = open_run(run) if where is None else open_run(run).where(where)
    if table.columns:
        print(*(f"{name}: {meaning}" for name, meaning in opened.columns.items()), sep="\n")
        return
    from otoscope.relations.tables import operations_table
    from otoscope.results.similar_heads import similar_heads_table

    if table.similar:
        print(similar_heads_table(opened, sort, form.value), end="")
    elif table.operations:
        print(operations_table(opened, sort, form.value, read_options(context, RelationOptions)), end="")
    else:
        view: View = "categories" if table.categories else "relative" if table.relative else "statistics"
        print(heads_table(opened, sort, form.value, view), end="")
