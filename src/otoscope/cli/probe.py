"""`otoscope probe`."""

from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun
from otoscope.probing import PROBES
from otoscope.runs.options import SpeechOptions


def probe(
    context: typer.Context,
    model: Model,
    corpus: Corpus,
    out: NewRun,
    probes: Annotated[
        str,
        typer.Option(metavar="NAME,...", help=f"Of {', '.join(PROBES)}."),
    ],
    seeds: Annotated[int, typer.Option(help="Of splits and nets.")] = 3,
) -> None:
    """Read phones, speakers and the input from the final hidden states of MODEL, beside controls."""
    from otoscope.probing.probe import probe as call
    from otoscope.probing.tables import probe_table

    probed = call(
        model, corpus, out, probes=probes.split(","), seeds=seeds, options=read_options(context, SpeechOptions)
    )
    print(f"{probe_table(probed.dataset)}\nrun written to {out}")
