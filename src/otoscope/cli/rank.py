"""`otoscope rank`."""

from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun
from otoscope.importance import RANKINGS
from otoscope.runs.options import SpeechOptions


def rank(
    context: typer.Context,
    model: Model,
    corpus: Corpus,
    out: NewRun,
    by: Annotated[str, typer.Option(metavar="NAME,...", help=f"Of {', '.join(RANKINGS)}; random-7 is seed 7.")],
    loss: Annotated[
        str, typer.Option(help="auto, reconstruction, hidden, or a probe: what harm is measured by.")
    ] = "auto",
    run: Annotated[Path | None, typer.Option(help="Run of analyze to take statistics from.")] = None,
    seconds: Annotated[float, typer.Option(help="Speech for rankings that run the model often.")] = 30.0,
    permutations: Annotated[int, typer.Option(help="Random orders of removal for shapley.")] = 8,
) -> None:
    """Order the heads of MODEL by one or several rankings."""
    from otoscope.importance.rank import rank as call
    from otoscope.importance.tables import ranking_table

    ranked = call(
        model,
        corpus,
        out,
        by=by.split(","),
        loss=loss,
        run=run,
        seconds=seconds,
        permutations=permutations,
        options=read_options(context, SpeechOptions),
    )
    print(f"{ranking_table(ranked.dataset)}\nrun written to {out}; next: otoscope figures {out} -o FOLDER")
