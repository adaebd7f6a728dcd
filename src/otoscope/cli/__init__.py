"""The command line: one file per command, each of which parses, makes one call, and prints."""

import sys
from typing import NoReturn

import typer

from otoscope.cli.analyze import analyze
from otoscope.cli.demo import demo
from otoscope.cli.figures import figures
from otoscope.cli.heads import heads
from otoscope.cli.pretrain import pretrain
from otoscope.cli.rank import rank
from otoscope.cli.view import view
from otoscope.errors import BadInput

COMMANDS = (analyze, heads, figures, rank, view, demo, pretrain)  # in the order of the help

app = typer.Typer(
    help="Look inside the ear of a speech model: measure, sort and show its attention heads.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in COMMANDS:
    app.command()(command)


def main() -> NoReturn:
    """Entry point: bad input is one line on standard error and exit status 2."""
    try:
        app()
    except BadInput as error:
        print(f"otoscope: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)
