"""Tables of the relations of one head and of the operations of all heads, as data frames and as text."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from otoscope.errors import InputError
from otoscope.relations.operations import name_operations
from otoscope.results import Run, frame_text
from otoscope.results.schema import HEADS
from otoscope.results.table import Format, sorted_by
from otoscope.typing import AnyFloats, Bools

MAX_PHONES = 4
"""Most phones that the table lists as preferred or avoided by one phone."""


NO_OPERATION: dict[str, object] = dict.fromkeys(("effect", "effect_low", "effect_high"), np.nan)
"""Columns of a head without operations."""


def relations_table(run: Run, layer: int, head: int, format: Format = "table") -> str:
    """Return the relations between phones of one head as text.

    The format `table` shows the operations of the head, its concentration on each phone, and which phones each phone
    prefers and avoids most (the whole interval is above or below 0). The formats `csv` and `json` contain `pairs`.

    Args:
        run: a run of `analyze` on a corpus with phones.
        layer: layer of the head, from 0.
        head: index of the head in its layer, from 0.
        format: `table`, `csv` or `json`.

    Returns:
        The text.

    Raises:
        InputError: the format is unknown, the head does not exist, or the run has no relations.
    """
    relations = _select_head(run, layer, head)
    if format != "table":
        return frame_text(pairs(run, layer, head), format)
    return "\n".join([*_heading(relations), "", frame_text(_by_phone(relations))])


def pairs(run: Run, layer: int, head: int) -> pd.DataFrame:
    """Return one row for each pair of phones, with P', P_U, and P with its interval.

    Args:
        run: a run of `analyze` on a corpus with phones.
        layer: layer of the head, from 0.
        head: index of the head in its layer, from 0.

    Returns:
        A data frame; columns that end in `_elsewhere` exclude the query's own run.

    Raises:
        InputError: the head does not exist, or the run has no relations.
    """
    relations = _select_head(run, layer, head)
    columns: dict[str, xr.DataArray] = {}
    for ending in ("", "_elsewhere"):
        for name in ("relation", "relation_baseline", "preference"):
            columns[f"{name}{ending}"] = relations[f"{name}{ending}"]
        for end in ("low", "high"):
            columns[f"preference{ending}_{end}"] = relations[f"preference{ending}_interval"].sel(bound=end, drop=True)
    frame = xr.Dataset(columns).drop_vars(["layer", "head"]).to_dataframe(dim_order=["query_phone", "key_phone"])
    return frame.reset_index()


def operations_table(run: Run, sort: str | None = None, format: Format = "table") -> str:
    """Return the operations of every head as text.

    Args:
        run: a run of `analyze` on a corpus with phones.
        sort: column of `run.heads` to order heads by; None keeps the order of layers and heads.
        format: `table`, `csv` or `json`.

    Returns:
        The text.

    Raises:
        InputError: the column or the format is unknown, or the run has no relations.
    """
    return frame_text(head_operations(run, sort), format)


def head_operations(run: Run, sort: str | None = None) -> pd.DataFrame:
    """Return one row for each operation of each head, with its effect.

    Args:
        run: a run of `analyze` on a corpus with phones.
        sort: column of `run.heads` to order heads by; None keeps the order of layers and heads.

    Returns:
        A data frame; a head without operations has one row with an empty operation.

    Raises:
        InputError: the column is unknown, or the run has no relations.
    """
    dataset = _check_relations(run)
    rows: list[Mapping[str, object]] = []
    for row in sorted_by(run.heads, sort).itertuples():
        head = {"layer": row.layer, "head": row.head, "category": row.category}
        performed = _operations(dataset.sel(layer=row.layer, head=row.head))
        rows += [{**head, **operation} for operation in performed or [NO_OPERATION]]
    frame = pd.DataFrame(
        rows, columns=["layer", "head", "category", "operation", "effect", "effect_low", "effect_high"]
    )
    return frame.assign(operation=frame["operation"].astype(object).fillna(""))  # without any, the column is float


def _check_relations(run: Run) -> xr.Dataset:
    if run.kind != HEADS or "relation" not in run.dataset:
        raise InputError(
            f"expected relations between phones, found none in {run.path}; analyze a corpus with phone labels"
        )
    return run.dataset


def _select_head(run: Run, layer: int, head: int) -> xr.Dataset:
    dataset = _check_relations(run)
    heads = run.heads
    if heads[(heads["layer"] == layer) & (heads["head"] == head)].empty:
        raise InputError(
            f"expected a head of {run.path}, found no --layer {layer} --head {head}; "
            f"choose from layers 0 to {heads['layer'].max()} and heads 0 to {heads['head'].max()}"
        )
    return dataset.sel(layer=layer, head=head).load()


def _operations(head: xr.Dataset) -> list[dict[str, object]]:
    effect, ends = head["operation_effect"].values, head["operation_effect_interval"].values
    return [
        {"operation": name, "effect": effect[place], "effect_low": ends[place, 0], "effect_high": ends[place, 1]}
        for name, place in name_operations(ends, [str(symbol) for symbol in head["key_phone"].values])
    ]


def _heading(head: xr.Dataset) -> list[str]:
    lines = [
        f"{row['operation']}: {row['effect']:.2f} ({row['effect_low']:.2f} to {row['effect_high']:.2f})"
        for row in _operations(head)
    ]
    title = f"layer {head['layer'].item()} head {head['head'].item()}, {head['category'].item()}"
    return [
        f"{title}; on {head.attrs['labelled_utterances']} utterances with phones; "
        f"95 % intervals over {head.attrs['labelled_clusters']}",
        *(lines or ["no operation is significant"]),
    ]


def _by_phone(head: xr.Dataset) -> pd.DataFrame:
    ends = head["concentration_interval"].values
    preference, (low, high) = head["preference"].values, np.moveaxis(head["preference_interval"].values, -1, 0)
    symbols = [str(symbol) for symbol in head["key_phone"].values]
    return pd.DataFrame(
        {
            "phone": symbols,
            "class": head["phone_class"].values,
            "concentration": head["concentration"].values,
            "concentration_low": ends[:, 0],
            "concentration_high": ends[:, 1],
            "prefers": [_most(symbols, row, row_low > 0, -1) for row, row_low in zip(preference, low, strict=True)],
            "avoids": [_most(symbols, row, row_high < 0, 1) for row, row_high in zip(preference, high, strict=True)],
        }
    )


def _most(symbols: list[str], preference: AnyFloats, significant: Bools, sign: int) -> str:
    """Return the most preferred (sign -1) or avoided (sign 1) phones of a row, of those that are significant."""
    order = [place for place in np.argsort(sign * preference) if significant[place]]
    return " ".join(f"{symbols[place]} {preference[place]:+.1f}" for place in order[:MAX_PHONES])
