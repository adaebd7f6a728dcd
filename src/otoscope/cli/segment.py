"""The command `otoscope segment`."""

from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun, names, shell_command
from otoscope.runs.options import SpeechOptions
from otoscope.segmentation.options import SegmentationOptions


def segment(
    context: typer.Context,
    model: Model,
    corpus: Corpus,
    out: NewRun,
    validation: Annotated[
        str, typer.Option(metavar="SPEAKER,...", help="Speakers to tune on; default: every fourth.")
    ] = "",
    against: Annotated[str | None, typer.Option(metavar="MODEL", help="Another model to compare with.")] = None,
    tolerance: Annotated[float, typer.Option(help="Largest distance of a correct boundary, in seconds.")] = 0.020,
) -> None:
    """Find the heads of MODEL that segment CORPUS into phones best, and compare them with baselines."""
    import otoscope
    from otoscope.segmentation.table import segmentation_table

    run = otoscope.segment(
        model,
        corpus,
        out,
        validation=names(validation),
        against=against,
        tolerance=tolerance,
        segmentation=read_options(context, SegmentationOptions),
        options=read_options(context, SpeechOptions),
    )
    print(f"{segmentation_table(run)}\nrun written to {out}; next: {shell_command('figures', out, '-o', 'FOLDER')}")
