"""`otoscope prune`."""

from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun, numbers
from otoscope.importance import RANKINGS
from otoscope.probing import PROBES
from otoscope.runs.options import SpeechOptions


def prune(
    context: typer.Context,
    model: Model,
    corpus: Corpus,
    out: NewRun,
    by: Annotated[str, typer.Option(metavar="NAME,...", help=f"Of {', '.join(RANKINGS)}; random-7 is seed 7.")],
    probes: Annotated[
        str,
        typer.Option(metavar="NAME,...", help=f"Of {', '.join(PROBES)}."),
    ],
    step: Annotated[float, typer.Option(help="Share of all heads that goes in each step.")] = 1 / 6,
    spans: Annotated[
        str, typer.Option(help="Radii in frames, with commas between; empty for none.")
    ] = "50,35,20,10,5,2,1,0",
    loss: Annotated[
        str, typer.Option(help="auto, reconstruction, hidden, or a probe: what harm is measured by.")
    ] = "auto",
    run: Annotated[
        Path | None, typer.Option(help="Run of rank (or analyze) to take rankings (or statistics) from.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Of the probes' splits and nets.")] = 3,
    seconds: Annotated[float, typer.Option(help="Speech for rankings that run the model often.")] = 30.0,
    permutations: Annotated[int, typer.Option(help="Random orders of removal for shapley.")] = 8,
) -> None:
    """Remove heads of MODEL step by step, limit its span, and see what probes still read from it."""
    from otoscope.importance.tables import curve_table
    from otoscope.pruning.prune import prune as call

    pruned = call(
        model,
        corpus,
        out,
        by=by.split(","),
        probes=probes.split(","),
        step=step,
        spans=numbers(spans, "spans as whole numbers", int),
        loss=loss,
        run=run,
        seeds=seeds,
        seconds=seconds,
        permutations=permutations,
        options=read_options(context, SpeechOptions),
    )
    print(f"{curve_table(pruned.dataset)}\nrun written to {out}; next: otoscope figures {out} -o FOLDER")
