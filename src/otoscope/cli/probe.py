"""`otoscope probe`."""

from typing import Annotated

import typer

from otoscope.cli.arguments import (
    Channel,
    Corpus,
    Device,
    Dtype,
    Format,
    Limit,
    Model,
    NewRun,
    Resume,
    Strict,
    Tier,
)


def probe(
    model: Model,
    corpus: Corpus,
    out: NewRun,
    probes: Annotated[
        str,
        typer.Option(metavar="NAME,...", help="Of reconstruction, hidden, phone, speaker-frame, speaker-utterance."),
    ],
    seeds: Annotated[int, typer.Option(help="Of splits and nets.")] = 3,
    device: Device = "auto",
    dtype: Dtype = "float32",
    limit: Limit = None,
    resume: Resume = False,
    format: Format = None,
    tier: Tier = None,
    channel: Channel = None,
    strict: Strict = False,
) -> None:
    """Read phones, speakers and the input from the final hidden states of MODEL, beside controls."""
    from otoscope.probing.probe import probe as call
    from otoscope.probing.tables import probe_table

    probed = call(
        model,
        corpus,
        out,
        probes=probes.split(","),
        seeds=seeds,
        device=device,
        dtype=dtype,
        limit=limit,
        resume=resume,
        format=format,
        tier=tier,
        channel=channel,
        strict=strict,
    )
    print(f"{probe_table(probed.dataset)}\nrun written to {out}")
