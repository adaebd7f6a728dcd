"""The command `otoscope relations`."""

from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import RunFolder, TableFormat
from otoscope.errors import InputError
from otoscope.relations.options import RelationOptions


def relations(
    context: typer.Context,
    run: RunFolder,
    layer: Annotated[int | None, typer.Option(help="Layer of the head, from 0.")] = None,
    head: Annotated[int | None, typer.Option(help="Head within the layer, from 0.")] = None,
    per_layer: Annotated[
        bool, typer.Option("--per-layer", help="The mean attention of each layer instead of one head.")
    ] = False,
    format: Annotated[
        TableFormat, typer.Option(help="table: summary; csv, json: every pair of phones, or every target of a layer.")
    ] = TableFormat.table,
) -> None:
    """Show which phones (or words) attend to which in one head of a run, or in each layer."""
    from otoscope.relations.tables import layers_table, relations_table
    from otoscope.results import open_run

    options = read_options(context, RelationOptions)
    if per_layer:
        print(layers_table(open_run(run), format.value, options), end="")
        return
    if layer is None or head is None:
        raise InputError("expected a head, found none; pass --layer and --head, or --per-layer")
    print(relations_table(open_run(run), layer, head, format.value, options), end="")
