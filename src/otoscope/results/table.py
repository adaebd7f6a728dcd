"""One row per head, as text: an aligned table to read, csv and json in full precision to compute with."""

import io
import json
from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from rich import box
from rich.console import Console
from rich.table import Table

from otoscope.errors import InputError
from otoscope.results.head_columns import RANKED, RELATIVE_FORM
from otoscope.results.rounding import decimals, format_with_error
from otoscope.results.run import Run
from otoscope.results.schema import HEAD_DIMS
from otoscope.results.shapes import shape_label

Format = Literal["table", "csv", "json"]

View = Literal["statistics", "relative", "categories"]

TABLE_COLUMNS: dict[View, tuple[str, ...]] = {
    "statistics": (*HEAD_DIMS, *RANKED, "category", "category_agreement", "shape"),
    "relative": (*HEAD_DIMS, *RELATIVE_FORM.values(), "category", "category_agreement"),
    "categories": (
        *HEAD_DIMS,
        "category",
        "category_agreement",
        *(f"{name}_rank" for name in RANKED),
        "shape",
        "structure",
        "structure_by_key",
        "structure_by_offset",
    ),
}
"""Columns that each view of the table shows."""

_TITLES = {
    "category_agreement": "stable",
    "offset_peak_ms": "peak ms",
    "globalness_rank": "G rank",
    "verticality_rank": "V rank",
    "diagonality_rank": "D rank",
    "structure_by_key": "by key",
    "structure_by_offset": "by offset",
}
_NATURAL_WIDTH = 400  # rich never shortens a cell below this; the method's columns take less than 100


def heads_table(run: Run, sort: str | None = None, format: Format = "table", view: View = "statistics") -> str:
    """The heads of a run as text.

    Args:
        run: an opened run.
        sort: a column of `run.heads`: numbers from high to low, text from a to z. Without it, by layer and head.
        format: `table`, to read: the columns of `view` and the one sorted by, with the half-width of their 95 %
            intervals; `csv` or `json`, to compute with: every column in full precision.
        view: `statistics`, the method's; `relative`, the same on scales that do not depend on length; `categories`,
            the three ranks that decide on the category, and what decides on the shape.

    Raises:
        InputError: unknown column or format, or a statistic that could not be measured of the model.

    >>> from tempfile import TemporaryDirectory
    >>> from types import SimpleNamespace
    >>> from otoscope.results import Measurements, assemble, claim_folder, finish, open_run
    >>> from otoscope.statistics.clusters import make_clusters
    >>> names = ["globalness", "verticality", "diagonality", "weight"]
    >>> described = [SimpleNamespace(name=name, doc=name, units="1", dims=(), coords={}) for name in names]
    >>> rows = {name: np.full((1, 1, 1), 0.5) for name in names}  # one utterance, one layer, one head
    >>> utterances = pd.DataFrame({"frames": 9, "duration": 0.2, "speaker": "s"}, index=["u"])
    >>> with TemporaryDirectory() as folder:
    ...     _ = claim_folder(folder, {"model": "a"})
    ...     measurements = Measurements(described, rows, make_clusters(["s"], ["u"]))
    ...     finish(folder, assemble(measurements, utterances, frame_period=0.02), skipped=())
    ...     print(heads_table(open_run(folder)))
    layer  head  globalness  verticality  diagonality  category  stable
    ───────────────────────────────────────────────────────────────────
        0     0      0.5000       0.5000       0.5000  diagonal
    <BLANKLINE>
    no 95 % intervals, which need two speakers or utterances; the values are of 1 utterance
    <BLANKLINE>
    """
    if sort in (reasons := run.dataset.attrs.get("not_measured", {})):
        raise InputError(f"{sort} was not measured of {run.dataset.attrs['model']}: {reasons[sort]}")
    heads = sorted_by(run.heads, sort)
    columns = [name for name in (*TABLE_COLUMNS[view], *_other(sort, view)) if name in heads]
    has_intervals = bool(heads.filter(regex="_low$").notna().any(axis=None))
    caption = f"\n{intervals_line(run.dataset.attrs['clusters'], has_intervals)}\n" if format == "table" else ""
    if caption and heads["category_agreement"].notna().any():
        caption += f"stable: share of resamples of {run.dataset.attrs['clusters']} that give the head this category\n"
    return frame_text(heads, format, columns) + caption


def _other(sort: str | None, view: View) -> tuple[str, ...]:
    """Return the column sorted by, if the view does not show it."""
    return () if sort is None or sort in TABLE_COLUMNS[view] else (sort,)


def intervals_line(clusters: str, has_intervals: bool = True) -> str:
    """Return over which clusters the intervals of a table are, or why there are none, for readers.

    >>> intervals_line("15 speakers")
    '± is half of the 95 % interval over 15 speakers'
    """
    if has_intervals:
        return f"± is half of the 95 % interval over {clusters}"
    return f"no 95 % intervals, which need two speakers or utterances; the values are of {clusters}"


def frame_text(frame: pd.DataFrame, format: Format = "table", columns: Sequence[str] | None = None) -> str:
    """A frame as text: all of it as `csv` or `json`, some columns with half-widths of their intervals as `table`.

    Args:
        frame: its columns `x_low` and `x_high` are the interval of its column `x`.
        format: table, csv or json.
        columns: of the table; None for all that are no end of an interval.

    Raises:
        InputError: unknown format.

    >>> print(frame_text(pd.DataFrame({"phone": ["s"], "C": [1.234], "C_low": [1.1], "C_high": [1.3]})), end="")
    phone           C
    ─────────────────
    s      1.23 ±0.10
    """
    if format not in ("table", "csv", "json"):
        raise InputError(f"unknown format {format!r}; expected table, csv or json")
    if format == "csv":
        return frame.to_csv(index=False, lineterminator="\n")
    interval_columns = {f"{name}_{end}" for name in frame for end in ("low", "high")}
    shown = [str(name) for name in frame if name not in interval_columns] if columns is None else columns
    return _as_json(frame) if format == "json" else _as_table(frame, shown)


def sorted_by(heads: pd.DataFrame, column: str | None) -> pd.DataFrame:
    """Heads by a column, numbers from high to low, text from a to z; as they are without one.

    Raises:
        InputError: no such column.
    """
    if column is None:
        return heads
    if column not in heads:
        raise InputError(f"no column {column!r} to sort by; columns are {', '.join(map(str, heads))}")
    return heads.sort_values(column, ascending=not is_numeric_dtype(heads[column]), kind="stable")


def json_records(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Return the rows of a frame as values for JSON; NaN is None.

    >>> json_records(pd.DataFrame({"phone": ["s", "t"], "C": [1.5, float("nan")]}))
    [{'phone': 's', 'C': 1.5}, {'phone': 't', 'C': None}]
    """
    return frame.astype(object).where(frame.notna(), None).to_dict(orient="records")


def _as_json(heads: pd.DataFrame) -> str:
    return json.dumps(json_records(heads), indent=1, allow_nan=False) + "\n"


def _as_table(heads: pd.DataFrame, shown: Sequence[str]) -> str:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name in shown:
        align: Literal["left", "right"] = "right" if is_numeric_dtype(heads[name]) else "left"
        table.add_column(_TITLES.get(name, name), justify=align, no_wrap=True)
    for cells in zip(*(_column(heads, name) for name in shown), strict=True):
        table.add_row(*cells)
    text = io.StringIO()
    Console(file=text, width=_NATURAL_WIDTH, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _column(heads: pd.DataFrame, name: str) -> list[str]:
    values = heads[name]
    if f"{name}_low" in heads:
        half_widths = (heads[f"{name}_high"] - heads[f"{name}_low"]) / 2
        places = decimals(half_widths.median())
        pairs = zip(values, half_widths, strict=True)
        return ["" if np.isnan(value) else format_with_error(value, half, places) for value, half in pairs]
    if name == "shape":
        return [shape_label(*pair) for pair in zip(values, heads["shape_offset_ms"], strict=True)]
    if name.startswith("structure"):
        return ["" if np.isnan(value) else f"{value:.2f}" for value in values]
    if name == "category_agreement":
        return ["" if np.isnan(value) else f"{value:.0%}" for value in values]
    return [f"{value:.4g}" if values.dtype.kind == "f" else str(value) for value in values]
