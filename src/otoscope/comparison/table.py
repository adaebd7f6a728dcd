"""A comparison as a table, CSV or JSON."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from otoscope.comparison.pairing import Pairing
from otoscope.errors import InputError
from otoscope.results.rounding import decimals
from otoscope.results.schema import Variable, labelled
from otoscope.results.table import json_records
from otoscope.results.text_table import format_table
from otoscope.statistics.correction import CORRECTION_TEXTS

KIND = "comparison"
RESULTS = ("a", "b", "difference", "low", "high", "p", "p_adjusted")
"""Columns of numbers of a comparison; the others say what is compared."""
LEVEL = 0.05
VARIABLES = {
    "difference": Variable(("row",), "as `quantity` says", "the value of a minus that of b"),
    "interval": Variable(("row", "bound"), "as `quantity` says", "95 % interval of the difference; NaN without one"),
    "p_adjusted": Variable(("row",), "1", "p-value, corrected for the number of comparisons"),
    "quantity": Variable(("row",), "1", "what is compared"),
    "name": Variable(("row",), "1", "of which head, layer or score"),
}
QUANTITIES = ("statistic", "ranking", "probe", "measure")
"""Columns that name the quantity of a row; a comparison has one of them."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Differences between two runs, two parts of a run, or heads of a run.

    Attributes:
        rows: what is compared, the values `a` and `b`, the `difference` a - b with its 95 % interval (`low`, `high`),
            and its p-values without and with correction. NaN where too few clusters have the value.
        names: what `a` and `b` are.
        pairing: `utterance`, `speaker` or `none`: what of `a` is compared with what of `b`.
        utterances: number of utterances of `a` and of `b` that are compared.
        clusters: what was resampled, such as `12 speakers`, of `a` and of `b`.
        correction: name of the correction for the number of comparisons.
        notes: what a reader of the table must know.
        is_synthetic: whether all speech is synthetic.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope import SpeechOptions, analyze, compare
        >>> with TemporaryDirectory() as folder:
        ...     few = SpeechOptions(speakers=("awb", "slt"), sample=4, balanced="speaker")
        ...     run = analyze("bundled", "bundled", folder, options=few)
        ...     compare(run, run).rows["difference"].tolist()[:2]
        [0.0, 0.0]
    """

    rows: pd.DataFrame
    names: tuple[str, str]
    pairing: Pairing
    utterances: tuple[int, int]
    clusters: tuple[str, str]
    correction: str
    notes: tuple[str, ...] = ()
    is_synthetic: bool = False

    @cached_property
    def tested(self) -> int:
        """Return the number of comparisons that were corrected for."""
        return int(self.rows["p"].notna().sum())

    @property
    def dataset(self) -> xr.Dataset:
        """Return what the figure `differences` draws: the rows with a difference, and what was compared."""
        rows = self.rows[self.rows["difference"].notna()]
        labels = [str(name) for name in rows if name not in RESULTS]
        quantity = next((name for name in QUANTITIES if name in labels), labels[0])
        others = [name for name in labels if name != quantity]
        names = [_row_name(dict(zip(others, row, strict=True))) for row in rows[others].to_numpy(object)]
        values = {
            "difference": rows["difference"].to_numpy(float),
            "interval": rows[["low", "high"]].to_numpy(float),
            "p_adjusted": rows["p_adjusted"].to_numpy(float),
            "quantity": rows[quantity].to_numpy(object),
            "name": np.array(names, object),
        }
        attrs = {"kind": KIND, "model": self.names[0], "other": self.names[1], "pairing": self.pairing_text}
        about = {"rows": others[-1] if others else "heads", "synthetic": int(self.is_synthetic)}
        return xr.Dataset(labelled(VARIABLES, values), attrs=attrs | about)

    @property
    def text(self) -> str:
        """Return the table, with lines about what was compared before it."""
        names = [f"a: {self.names[0]}", f"b: {self.names[1]}"]
        return "\n".join([*names, *self.lines, "", format_table(*_cells(self.rows, self.correction))])

    @property
    def json(self) -> str:
        """Return everything as JSON; NaN is null."""
        about: dict[str, object] = {"a": self.names[0], "b": self.names[1], "pairing": self.pairing}
        about |= {"utterances": self.utterances, "clusters": self.clusters}
        about |= {"correction": self.correction, "comparisons": self.tested, "notes": self.notes}
        return json.dumps({**about, "rows": json_records(self.rows)}, indent=1, allow_nan=False) + "\n"

    def as_format(self, format: str) -> str:
        """Return text in a format: `table`, `csv` or `json`. Raise InputError for another."""
        texts = {"table": lambda: self.text, "csv": lambda: self.rows.to_csv(index=False), "json": lambda: self.json}
        if format not in texts:
            raise InputError(f"expected the format {', '.join(texts)}, found {format}; choose one of them")
        return texts[format]()

    @property
    def lines(self) -> tuple[str, ...]:
        """Return lines for readers: what was paired and corrected for, how many differences remain, and the notes."""
        count = int((self.rows["p_adjusted"] < LEVEL).sum())
        return (
            f"{self.pairing_text}; intervals of 95 % for each difference alone",
            f"correction: {CORRECTION_TEXTS[self.correction].format(self.tested)}",
            f"{count} of {self.tested} differences have a corrected p below {LEVEL:g}",
            *self.notes,
        )

    @property
    def pairing_text(self) -> str:
        """Return what is compared with what, and on how many utterances and clusters."""
        return {
            Pairing.UTTERANCE: f"paired on {self.utterances[0]} utterances ({self.clusters[0]})",
            Pairing.SPEAKER: f"paired by speaker ({self.clusters[0]}), on {_numbers(self.utterances)} utterances",
            Pairing.NONE: f"not paired: {_numbers(self.utterances)} utterances ({' and '.join(self.clusters)})",
        }[self.pairing]


def _numbers(sizes: tuple[int, int]) -> str:
    return f"{sizes[0]} and {sizes[1]}"


def _cells(rows: pd.DataFrame, correction: str) -> tuple[list[str], list[list[str]]]:
    """Return titles and cells; the name of what is compared is in the first columns."""
    labels = [str(name) for name in rows if name not in RESULTS]
    cells = []
    for row in rows.to_dict("records"):
        half = (row["high"] - row["low"]) / 2
        places = decimals(half) if half > 0 else 4
        numbers = ["" if np.isnan(row[name]) else f"{row[name]:.{places}f}" for name in ("a", "b")]
        cells.append([*(_label(row[name]) for name in labels), *numbers, *_difference(row, places)])
    title = "p" if correction == "none" else f"p ({correction})"
    return [*labels, "a", "b", "a - b", "95 %", title], cells


def _row_name(labels: Mapping[str, object]) -> str:
    """Return the name of a row within its quantity; numbers have the name of their column.

    >>> _row_name({"layer": 4, "head": 2}), _row_name({"segmenter": "MFCC", "mode": "strict"}), _row_name({})
    ('layer 4 head 2', 'MFCC strict', 'all heads')
    """
    parts = [value if isinstance(value, str) else f"{name} {_label(value)}" for name, value in labels.items()]
    return " ".join(parts) or "all heads"


def _label(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _difference(row: Mapping[Hashable, Any], places: int) -> list[str]:
    if np.isnan(row["difference"]):
        return ["", "", ""]
    has_interval = not np.isnan(row["low"])
    ends = f"{row['low']:+.{places}f} to {row['high']:+.{places}f}" if has_interval else "too few clusters"
    p = row["p_adjusted"]
    return [f"{row['difference']:+.{places}f}", ends, "" if np.isnan(p) else f"{p:.2g}" if p >= 1e-4 else "<1e-4"]
