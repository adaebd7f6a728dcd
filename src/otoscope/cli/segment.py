"""`otoscope segment`."""

from typing import Annotated

import typer

from otoscope.cli.arguments import Channel, Corpus, Device, Dtype, Format, Limit, Model, NewRun, Resume, Strict, Tier


def segment(
    model: Model,
    corpus: Corpus,
    out: NewRun,
    validation: Annotated[
        str, typer.Option(metavar="SPEAKER,...", help="Speakers to tune on; without it every fourth.")
    ] = "",
    against: Annotated[str | None, typer.Option(metavar="MODEL", help="Another model to compare with.")] = None,
    tolerance: Annotated[float, typer.Option(help="Seconds a boundary may be off.")] = 0.020,
    device: Device = "auto",
    dtype: Dtype = "float32",
    limit: Limit = None,
    resume: Resume = False,
    format: Format = None,
    tier: Tier = None,
    channel: Channel = None,
    strict: Strict = False,
) -> None:
    """Find the heads of MODEL that segment CORPUS into phones best, and compare them with MFCC, mel and others."""
    from otoscope.segmentation.segment import segment as call
    from otoscope.segmentation.table import segmentation_table

    run = call(
        model,
        corpus,
        out,
        validation=[name for name in validation.split(",") if name],
        against=against,
        tolerance=tolerance,
        device=device,
        dtype=dtype,
        limit=limit,
        resume=resume,
        format=format,
        tier=tier,
        channel=channel,
        strict=strict,
    )
    print(f"{segmentation_table(run)}\nrun written to {out}; next: otoscope figures {out} -o FOLDER")
