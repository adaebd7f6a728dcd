"""`otoscope analyze`."""

from functools import partial
from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun, shell_command
from otoscope.runs.options import ExecutionOptions, SpeechOptions


def analyze(
    context: typer.Context,
    model: Model,
    corpus: Corpus,
    out: NewRun,
    window: Annotated[
        float | None, typer.Option(help="Measure longer audio in overlapping windows of so many seconds.")
    ] = None,
    unit: Annotated[
        str, typer.Option(help="Labels between which relations are measured: phone, word, or the name of a tier.")
    ] = "phone",
    allow_mismatch: Annotated[
        bool, typer.Option("--allow-mismatch", help="Take a model that lacks weights or has others too.")
    ] = False,
) -> None:
    """Measure every head of MODEL on CORPUS and sort the heads into global, vertical and diagonal."""
    import otoscope
    from otoscope.results.summary import summary

    options, execution = read_options(context, SpeechOptions), read_options(context, ExecutionOptions)
    measure = partial(otoscope.analyze, window=window, unit=unit, allow_mismatch=allow_mismatch)
    run = measure(model, corpus, out, options=options, execution=execution)
    commands = f"{shell_command('heads', out)}, {shell_command('figures', out, '-o', 'FOLDER')}"
    print(f"{summary(run)}\nrun written to {out}; next: {commands}")
