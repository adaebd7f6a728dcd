"""`otoscope reproduce`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.papers.yang2020.options import ReproductionOptions


def reproduce(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for models, runs and the report, report.html.")
    ],
    pretrain: Annotated[list[str], typer.Option(metavar="CORPUS", help="Speech to train on; repeatable.")],
    phones: Annotated[str, typer.Option(metavar="CORPUS", help="Speech with phone labels, for example TIMIT/TEST.")],
    speakers: Annotated[
        list[str], typer.Option(metavar="CORPUS", help="Speech with speaker names, for probes; repeatable.")
    ],
    more: Annotated[
        list[str] | None, typer.Argument(metavar="[CORPUS...]", help="More speech to train on, after --pretrain.")
    ] = None,
) -> None:
    """Train M3, M6 and M9, run every published experiment, and write a report that compares the results.

    Repeat the command to resume.
    """
    from otoscope.papers.yang2020.report.summary import summary
    from otoscope.papers.yang2020.reproduce import reproduce as run_reproduction

    def report_stage(stage: str) -> None:
        if sys.stderr.isatty():
            print(stage, file=sys.stderr)

    options = read_options(context, ReproductionOptions)
    corpora = [*pretrain, *(more or ())]
    reproduction = run_reproduction(corpora, phones, speakers, out, options, on_stage=report_stage)
    print(f"{summary(reproduction.run.dataset)}\nreport written to {reproduction.report}")
