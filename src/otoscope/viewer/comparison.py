"""What `otoscope.compare` computes of open runs, for the page."""

from otoscope.comparison.compare import compare
from otoscope.comparison.options import ComparisonOptions
from otoscope.comparison.table import Comparison
from otoscope.results import Run
from otoscope.results.table import json_records
from otoscope.viewer.schema import DifferenceRow, DifferenceTable

MEANS = {"layer": None, "head": None}
"""Layer and head of a mean over heads."""


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
    fields = [name for name in DifferenceRow.__dataclass_fields__ if name in compared.rows]
    records = json_records(compared.rows[fields])
    rows = [DifferenceRow(**{**MEANS, **{str(name): value for name, value in row.items()}}) for row in records]
    return DifferenceTable(list(compared.lines), rows)
