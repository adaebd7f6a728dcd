"""`otoscope reproduce`."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def reproduce(
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
    size: Annotated[str, typer.Option(help="small, for a CPU, or large, as published, for a GPU.")] = "small",
    alignments: Annotated[
        Path | None, typer.Option(metavar="DIR", help="TextGrids of --speakers, if they are not with the audio.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Number of trainings of M3.")] = 3,
    device: Annotated[str, typer.Option(help="Torch device; auto uses a GPU if there is one.")] = "auto",
    jobs: Annotated[int, typer.Option(help="Stages that run at the same time, each with its share of the cores.")] = 1,
) -> None:
    """Train M3, M6 and M9, run every published experiment, and write a report that compares the results.

    Repeat the command to resume.
    """
    from otoscope.papers.yang2020.report.summary import summary
    from otoscope.papers.yang2020.reproduce import ReproductionOptions
    from otoscope.papers.yang2020.reproduce import reproduce as run_reproduction

    def report_stage(stage: str) -> None:
        if sys.stderr.isatty():
            print(stage, file=sys.stderr)

    options = ReproductionOptions(size=size, alignments=alignments, seeds=seeds, device=device, jobs=jobs)
    corpora = [*pretrain, *(more or ())]
    reproduction = run_reproduction(corpora, phones, speakers, out, options, on_stage=report_stage)
    print(f"{summary(reproduction.run.dataset)}\nreport written to {reproduction.report}")
