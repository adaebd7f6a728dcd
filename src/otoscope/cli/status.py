"""`otoscope status`."""

import json
from typing import Annotated

import typer

from otoscope.cli.options import RunFolder


def status(
    run: RunFolder, as_json: Annotated[bool, typer.Option("--json", help="Print the status as JSON.")] = False
) -> None:
    """Print how far RUN is: finished, or what is stored, missing and failed."""
    from otoscope.results.status import run_status, status_text

    current = run_status(run)
    print(json.dumps(current.to_dict(), indent=2) if as_json else status_text(current))
