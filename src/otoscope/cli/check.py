"""`otoscope check`."""

from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus
from otoscope.errors import InputError
from otoscope.runs.options import CorpusOptions


def check(
    context: typer.Context,
    corpus: Corpus,
    model: Annotated[str | None, typer.Option(help="Also report what this model does not take.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Read all of CORPUS once, and report what the other commands use, skip and ignore."""
    import otoscope

    report = otoscope.check_corpus(corpus, model, options=read_options(context, CorpusOptions))
    print(report.json if json else report.table, end="")
    if not report.utterances:
        raise InputError(f"no utterance of {len(report.unusable)} in {corpus} can be used; correct the problems above")
