"""What `otoscope.compare` computes of open runs, for the page."""

from dataclasses import fields

from otoscope.comparison.compare import compare
from otoscope.comparison.options import ComparisonOptions
from otoscope.comparison.table import Comparison
from otoscope.results import Run
from otoscope.results.table import json_records
from otoscope.viewer.schema import DifferenceRow, DifferenceTable


def compare_runs(a: Run, b: Run, level: str) -> DifferenceTable:
    """Return the differences of two runs of analyze.

    Args:
        a: a run.
        b: another run.
        level: `head`, `layer` or `model`: what the statistics are means over.

    Raises:
        InputError: the runs cannot be compared.
    """
    return _table(compare(a, b, options=ComparisonOptions(level=level)))


def compare_heads(run: Run, layer: int, head: int) -> DifferenceTable:
    """Return the differences of each other head of a run from one head.

    Raises:
        InputError: the run has no such head.
    """
    return _table(compare(run, options=ComparisonOptions(against=f"{layer}.{head}")))


def _table(compared: Comparison) -> DifferenceTable:
    """Return the rows of a comparison; layer and head of a mean over them are null."""
    records = json_records(compared.rows.reindex(columns=[field.name for field in fields(DifferenceRow)]))
    return DifferenceTable(list(compared.lines), [DifferenceRow(*record.values()) for record in records])
