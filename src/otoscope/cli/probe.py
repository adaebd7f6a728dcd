"""`otoscope probe`."""

from typing import Annotated, Unpack

import typer

from otoscope.cli.options import Corpus, Model, NewRun, speech_options
from otoscope.runs.options import Options


@speech_options
def probe(
    model: Model,
    corpus: Corpus,
    out: NewRun,
    probes: Annotated[
        str,
        typer.Option(metavar="NAME,...", help="Of reconstruction, hidden, phone, speaker-frame, speaker-utterance."),
    ],
    seeds: Annotated[int, typer.Option(help="Of splits and nets.")] = 3,
    **options: Unpack[Options],
) -> None:
    """Read phones, speakers and the input from the final hidden states of MODEL, beside controls."""
    from otoscope.probing.probe import probe as call
    from otoscope.probing.tables import probe_table

    probed = call(model, corpus, out, probes=probes.split(","), seeds=seeds, **options)
    print(f"{probe_table(probed.dataset)}\nrun written to {out}")
