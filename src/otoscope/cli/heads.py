"""`otoscope heads`."""

from typing import Annotated

import typer

from otoscope.cli.options import RunFolder, TableFormat


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
    columns: Annotated[bool, typer.Option("--columns", help="What each column means, with its unit.")] = False,
    format: Annotated[
        TableFormat, typer.Option(help="table to read, csv or json to compute with.")
    ] = TableFormat.table,
) -> None:
    """List the heads of a run, one row each, or their operations with the effects that name them.

    Columns to sort by, all of them in csv and json: globalness, verticality, diagonality and weight, as the method has
    them; normalised_diagonality, cumulative_diagonality and normalised_entropy, which compare between lengths;
    sink_share, sink_edge_share and, of speech with labelled silence, sink_silence_share: attention that a few frames
    draw; attention_norm and norm_verticality, where the model's output projection is known: what heads give, by norm;
    attention_outside, of models that attend to more than the utterance. By distance and by phone, in the run's
    dataset: offset_profile, span_mass, relation, own_run. What each means: --columns.
    """
    from otoscope.results import heads_table, open_run

    if columns:
        print(*(f"{name}: {meaning}" for name, meaning in open_run(run).columns.items()), sep="\n")
        return
    from otoscope.relations import operations_table
    from otoscope.results.similar_heads import similar_heads_table

    table = similar_heads_table if similar else operations_table if operations else heads_table
    print(table(open_run(run), sort, format.value), end="")
