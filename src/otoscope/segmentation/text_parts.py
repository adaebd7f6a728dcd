"""Parts of the text of tables: intervals, and tables that are divided to fit a width."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from otoscope.typing import AnyFloats

MAX_WIDTH = 100
"""Most characters of a line."""


def table_parts(rows: pd.DataFrame, keys: int = 1) -> Iterator[str]:
    """Iterate over tables of at most `MAX_WIDTH` characters: the key columns, and some groups of the other columns.

    Args:
        rows: text, with two levels of columns; the first level is the group.
        keys: number of columns that each table repeats.
    """
    repeated, others = list(rows.columns[:keys]), rows.columns[keys:]
    groups = {name: [column for column in others if column[0] == name] for name in others.get_level_values(0)}
    part, text = repeated, ""
    for columns in groups.values():
        wider = rows[[*part, *columns]].to_string(index=False)
        if text and len(wider.splitlines()[0]) > MAX_WIDTH:
            yield text
            part, wider = repeated, rows[[*repeated, *columns]].to_string(index=False)
        part, text = [*part, *columns], wider
    yield text


def interval_text(ends: AnyFloats) -> str:
    """Return `low to high`; empty without an interval.

    >>> interval_text(np.array([0.1, 0.25])), interval_text(np.array([np.nan, np.nan]))
    ('0.100 to 0.250', '')
    """
    low, high = ends
    return "" if np.isnan(low) else f"{low:.3f} to {high:.3f}"
