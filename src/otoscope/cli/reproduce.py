"""`otoscope reproduce`."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def reproduce(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for models, runs and the report.")],
    pretrain: Annotated[list[str], typer.Option(metavar="CORPUS", help="Speech to train on; may be given again.")],
    phones: Annotated[str, typer.Option(metavar="CORPUS", help="Speech whose phones are known, such as TIMIT/TEST.")],
    speakers: Annotated[
        list[str], typer.Option(metavar="CORPUS", help="Speech by known speakers, to probe; may be given again.")
    ],
    more: Annotated[
        list[str] | None, typer.Argument(metavar="[CORPUS...]", help="More speech to train on, after --pretrain.")
    ] = None,
    size: Annotated[str, typer.Option(help="small, for a CPU, or large, as published, for a GPU.")] = "small",
    alignments: Annotated[
        Path | None, typer.Option(metavar="DIR", help="TextGrids of the speakers' speech, in a tree of their own.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="How often M3 is trained.")] = 3,
    device: Annotated[str, typer.Option(help="Torch device; auto takes a GPU where there is one.")] = "auto",
    jobs: Annotated[int, typer.Option(help="Stages at a time, each with its share of the processor's cores.")] = 1,
) -> None:
    """Train M3, M6 and M9, make every published experiment on them, and write a report beside what was published.

    Repeat the command to go on where it stopped.
    """
    from otoscope.papers.yang2020.reproduce import reproduce as call
    from otoscope.papers.yang2020.tables import summary

    def began(stage: str) -> None:
        if sys.stderr.isatty():
            print(stage, file=sys.stderr)

    made = call(
        [*pretrain, *(more or ())],
        phones,
        speakers,
        out,
        size=size,
        alignments=alignments,
        seeds=seeds,
        device=device,
        jobs=jobs,
        on_stage=began,
    )
    print(f"{summary(made.run.dataset)}\nreport written to {made.report}")
