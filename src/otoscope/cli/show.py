"""`otoscope show`."""

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from otoscope.cli.options import RunFolder
from otoscope.cli.run_output import run_json
from otoscope.errors import InputError

if TYPE_CHECKING:
    from otoscope.results import Run


class ShowFormat(StrEnum):
    """How a run is printed."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def show(
    run: RunFolder,
    format: Annotated[
        ShowFormat, typer.Option(help="table to read; csv, json, parquet: every number, one in each row.")
    ] = ShowFormat.table,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="File of --format parquet.")] = None,
) -> None:
    """Print a run again, of any kind: what its command printed, or all of its numbers."""
    from otoscope.results import open_run
    from otoscope.results.long_table import long_table

    opened = open_run(run)
    if (format is ShowFormat.parquet) != (out is not None):
        raise InputError("expected --out FILE with --format parquet, and only with it; pass both or neither")
    if format is ShowFormat.table:
        print(_table(opened), end="")
    elif out is not None:
        _write_parquet(opened, out)
    elif format is ShowFormat.csv:
        print(long_table(opened).to_csv(index=False), end="")
    else:
        print(run_json(opened))


def _write_parquet(run: "Run", out: Path) -> None:
    from otoscope._io.atomic import atomic_write
    from otoscope.results.long_table import long_table

    if find_spec("pyarrow") is None:
        raise InputError("expected pyarrow for --format parquet, found none; pip install 'otoscope[parquet]'")
    if out.exists():
        raise InputError(f"expected a new file for --out, found {out}; choose another name")
    with atomic_write(out) as partial:
        long_table(run).to_parquet(partial, index=False)
    print(f"rows written to {out}")


TABLES = {
    "probes": "otoscope.probing.tables:probe_table",
    "ranking": "otoscope.importance.tables:ranking_table",
    "curves": "otoscope.importance.tables:curve_table",
    "decoder": "otoscope.analysis.decoder_tables:decoder_table",
    "layers": "otoscope.representations.tables:layer_table",
    "sinks": "otoscope.attention_sinks.table:sinks_table",
    "patching": "otoscope.patching.table:patch_table",
    "faithfulness": "otoscope.attribution.table:faithfulness_table",
    "dynamics": "otoscope.training_dynamics.table:dynamics_table",
    "reproduction": "otoscope.papers.yang2020.report.summary:summary",
    "weights": "otoscope.head_weights.table:weights_table",
}
"""Kind of a run -> module and function that makes a table of its Dataset."""


def _table(run: "Run") -> str:
    from otoscope.results import heads_table
    from otoscope.results.summary import summary
    from otoscope.segmentation.table import segmentation_table

    of_runs: dict[str, Callable[[], str]] = {
        "heads": lambda: f"{summary(run)}\n\n{heads_table(run)}",
        "segmentation": lambda: segmentation_table(run),
    }
    if run.kind in of_runs:
        return of_runs[run.kind]().rstrip("\n") + "\n"
    if run.kind not in TABLES:
        kinds = ", ".join([*of_runs, *TABLES])
        raise InputError(f"expected a run of {kinds}, found {run.kind} in {run.path}")
    module, function = TABLES[run.kind].split(":")
    table: str = getattr(import_module(module), function)(run.dataset)
    return table.rstrip("\n") + "\n"
