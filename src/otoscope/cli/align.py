"""The command `otoscope align`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, names
from otoscope.runs.options import CorpusOptions


def align(
    context: typer.Context,
    model: Model,
    corpus: Corpus,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="ALIGNER", help="JSON file to write.")],
    test: Annotated[str, typer.Option(metavar="SPEAKER,...", help="Speakers to test on; default: every second.")] = "",
    unit: Annotated[str | None, typer.Option(help="character or wordpiece; by default both are tried.")] = None,
    criterion: Annotated[
        str, typer.Option(help="labels, or norm: choose heads by texts alone, which is weaker.")
    ] = "labels",
    is_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Fit a word aligner to the decoder of MODEL, on the words of CORPUS with known times."""
    import otoscope

    report = otoscope.align(
        model,
        corpus,
        out,
        test=names(test),
        unit=unit,
        criterion=criterion,
        options=read_options(context, CorpusOptions),
    )
    if is_json:
        print(json.dumps(report.records(), indent=1))
        return
    print(f"{report.summary}\naligner written to {out}; next: otoscope words {out} AUDIO -o FOLDER")
