"""`otoscope merge`."""

from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.options import NewRun, shell_command


def merge(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN", help="Runs of analyze over disjoint utterances.")],
    out: NewRun,
) -> None:
    """Join runs of the same model and options over disjoint utterances into one run over all."""
    import otoscope
    from otoscope.results.summary import summary

    print(f"{summary(otoscope.merge(runs, out))}\nrun written to {out}; next: {shell_command('heads', out)}")
