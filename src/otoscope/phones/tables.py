"""Read the tables of this package."""

import csv
from collections.abc import Sequence
from functools import cache
from importlib.resources import files


@cache
def table_rows(name: str) -> Sequence[list[str]]:
    """Return the rows of a table of this package, without its header and source lines.

    >>> table_rows("classes.csv")[0]
    ['sil', 'silence', 'none', 'none']
    """
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    _, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    return rows
