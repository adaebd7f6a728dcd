"""What commands print of a run that they wrote: a table and the next command, or every number as JSON."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from otoscope.cli.options import shell_command

if TYPE_CHECKING:
    import xarray as xr

    from otoscope.results import Run

IsJson = Annotated[bool, typer.Option("--json", help="Print every number as JSON, one in each row.")]


def run_json(run: "Run") -> str:
    """Return kind, plan and every number of a run as JSON; of a run of decoder also the names of what is removed."""
    from otoscope.results.long_table import long_table
    from otoscope.results.table import json_records

    record = {"kind": run.kind, "plan": run.plan, "rows": json_records(long_table(run))}
    if "removed" in run.dataset and "removal" in run.dataset["removed"].dims:
        record["removed"] = run.dataset["removed"].values.tolist()
    return json.dumps(record, indent=1, allow_nan=False)


def print_run(run: "Run", table: "Callable[[xr.Dataset], str]", is_json: bool) -> None:
    """Print a finished run."""
    if is_json:
        print(run_json(run))
        return
    print(
        f"{table(run.dataset)}\nrun written to {run.path}; next: {shell_command('figures', run.path, '-o', 'FOLDER')}"
    )
