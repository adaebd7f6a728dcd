"""Relations of one head, and operations of all heads, as frames and as text."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from otoscope.errors import InputError
from otoscope.relations.operations import name_operations
from otoscope.results import Run, frame_text
from otoscope.results.schema import HEADS
from otoscope.results.table import Format, sorted_by

MOST = 4  # phones named as preferred or avoided by one phone


def relations_table(run: Run, layer: int, head: int, format: Format = "table") -> str:
    """Relations between phones of one head as text.

    Args:
        run: an opened run.
        layer, head: which head.
        format: `table`, to read: what the head does, its concentration on each phone, and which phones each phone
            prefers and avoids most (whole intervals above or below 0); `csv` or `json`, to compute with: `pairs`.

    Raises:
        InputError: unknown format, no such head, or a run without relations.
    """
    relations = _of_head(run, layer, head)
    if format != "table":
        return frame_text(pairs(run, layer, head), format)
    return "\n".join([*_heading(relations), "", frame_text(_by_phone(relations))])


def pairs(run: Run, layer: int, head: int) -> pd.DataFrame:
    """One row for each pair of phones: P', P_U and P with its interval, whole and without the query's own run.

    Raises:
        InputError: no such head, or a run without relations.
    """
    relations = _of_head(run, layer, head)
    columns: dict[str, xr.DataArray] = {}
    for ending in ("", "_elsewhere"):
        for name in ("relation", "relation_baseline", "preference"):
            columns[f"{name}{ending}"] = relations[f"{name}{ending}"]
        for end in ("low", "high"):
            columns[f"preference{ending}_{end}"] = relations[f"preference{ending}_interval"].sel(bound=end, drop=True)
    frame = xr.Dataset(columns).drop_vars(["layer", "head"]).to_dataframe(dim_order=["query_phone", "key_phone"])
    return frame.reset_index()


def operations_table(run: Run, sort: str | None = None, format: Format = "table") -> str:
    """Operations of every head as text, heads in the order of a column of `run.heads` if `sort` names one.

    Raises:
        InputError: unknown column or format, or a run without relations.
    """
    return frame_text(head_operations(run, sort), format)


def head_operations(run: Run, sort: str | None = None) -> pd.DataFrame:
    """One row for each operation of each head, with the effect that names it; one without, for a head with none.

    Raises:
        InputError: unknown column, or a run without relations.
    """
    dataset = _checked(run)
    rows: list[Mapping[str, object]] = []
    for row in sorted_by(run.heads, sort).itertuples():
        about = {"layer": row.layer, "head": row.head, "category": row.category}
        found = _operations(dataset.sel(layer=row.layer, head=row.head))
        rows += [about | one for one in found or [dict.fromkeys(("effect", "effect_low", "effect_high"), np.nan)]]
    frame = pd.DataFrame(
        rows, columns=["layer", "head", "category", "operation", "effect", "effect_low", "effect_high"]
    )
    return frame.assign(operation=frame["operation"].fillna(""))


def _checked(run: Run) -> xr.Dataset:
    if run.kind != HEADS or "relation" not in run.dataset:
        raise InputError(f"{run.path} holds no relations between phones; analyze a corpus with phone labels")
    return run.dataset


def _of_head(run: Run, layer: int, head: int) -> xr.Dataset:
    dataset = _checked(run)
    heads = run.heads
    if heads[(heads["layer"] == layer) & (heads["head"] == head)].empty:
        raise InputError(
            f"no layer {layer} head {head} in {run.path}; it has layers 0 to {heads['layer'].max()}, "
            f"heads 0 to {heads['head'].max()}"
        )
    return dataset.sel(layer=layer, head=head).load()


def _operations(head: xr.Dataset) -> list[dict[str, object]]:
    effect, ends = head["operation_effect"].values, head["operation_effect_interval"].values
    return [
        {"operation": name, "effect": effect[place], "effect_low": ends[place, 0], "effect_high": ends[place, 1]}
        for name, place in name_operations(ends, [str(symbol) for symbol in head["key_phone"].values])
    ]


def _heading(head: xr.Dataset) -> list[str]:
    found = _operations(head)
    lines = [
        f"{one['operation']}: {one['effect']:.2f} ({one['effect_low']:.2f} to {one['effect_high']:.2f})"
        for one in found
    ]
    about = f"layer {head['layer'].item()} head {head['head'].item()}, {head['category'].item()}"
    return [
        f"{about}; on {head.attrs['labelled_utterances']} utterances with phones",
        *(lines or ["no operation stands out"]),
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


def _most(symbols: list[str], preference: np.ndarray, sure: np.ndarray, sign: int) -> str:
    """The most preferred (sign -1) or avoided (1) phones of a row, of those that are sure."""
    order = [place for place in np.argsort(sign * preference) if sure[place]]
    return " ".join(f"{symbols[place]} {preference[place]:+.1f}" for place in order[:MOST])
