"""The command `otoscope segment`."""

from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun, shell_command
from otoscope.runs.options import ExecutionOptions, SpeechOptions
from otoscope.segmentation.options import SegmentationOptions


def segment(
    context: typer.Context,
    model: Model,
    corpus: Corpus,
    out: NewRun,
    against: Annotated[str | None, typer.Option(metavar="MODEL", help="Another model to compare with.")] = None,
) -> None:
    """Find the heads of MODEL that segment CORPUS best, and compare them with baselines."""
    import otoscope
    from otoscope.segmentation.table import segmentation_table

    segmentation, options = read_options(context, SegmentationOptions), read_options(context, SpeechOptions)
    execution = read_options(context, ExecutionOptions)
    run = otoscope.segment(
        model, corpus, out, against=against, segmentation=segmentation, options=options, execution=execution
    )
    print(f"{segmentation_table(run)}\nrun written to {out}; next: {shell_command('figures', out, '-o', 'FOLDER')}")
