"""Tables of the relations of a head, of the layers, and of the operations of all heads, as data frames and as text.

All have one scale: attention divided by uniform attention, *times uniform*; 1 is as much as uniform attention gives.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from otoscope.errors import InputError
from otoscope.relations.layers import layer_effects
from otoscope.relations.operations import SAME_PHONE, SILENCE_TO_SILENCE, STAY_IN_PHONE, label_kind, name_operations
from otoscope.relations.options import RelationOptions
from otoscope.relations.significance import num_tests, performed_in, support_in
from otoscope.results import Run, frame_text
from otoscope.results.schema import HEADS
from otoscope.results.table import Format, intervals_line, sorted_by
from otoscope.typing import AnyFloats, Bools, Ints

MAX_PHONES = 4
"""Most phones that the table lists as preferred or avoided by one phone."""


MAX_TARGETS = 2
"""Most targets that the table of layers lists as most or least attended to."""

LAYER_TITLES = {STAY_IN_PHONE.target: "own", SAME_PHONE.target: "elsewhere", SILENCE_TO_SILENCE.target: "sil to sil"}
"""Targets with columns in the table of layers, and the titles of the columns."""

NO_OPERATION: dict[str, object] = dict.fromkeys(("effect", "effect_low", "effect_high"), np.nan)
"""Columns of a head without operations."""


def relations_table(
    run: Run, layer: int, head: int, format: Format = "table", options: RelationOptions | None = None
) -> str:
    """Return the relations between phones of one head as text.

    The format `table` shows the operations of the head, its attention to each phone, and which phones each phone
    prefers and avoids most (the whole interval is above or below 1). The formats `csv` and `json` contain `pairs`.

    Args:
        run: a run of `analyze` on a corpus with phones.
        layer: layer of the head, from 0.
        head: index of the head in its layer, from 0.
        format: `table`, `csv` or `json`.
        options: which phones and operations the table reports.

    Returns:
        The text.

    Raises:
        InputError: the format is unknown, the head does not exist, or the run has no relations.
    """
    options = options or RelationOptions()
    relations = _select_head(run, layer, head)
    if format != "table":
        return frame_text(pairs(run, layer, head), format)
    performed = performed_in(_check_relations(run), options)[layer, head]
    return "\n".join([*_heading(relations, performed, options), "", frame_text(_by_phone(relations, options))])


def layers_table(run: Run, format: Format = "table", options: RelationOptions | None = None) -> str:
    """Return the relations of the layers as text: of each layer's attention, averaged over its heads.

    The format `table` has one row for each layer; `csv` and `json` contain `layer_effects`, a row for each target.

    Args:
        run: a run of `analyze` on a corpus with phones.
        format: `table`, `csv` or `json`.
        options: which targets the table reports.

    Returns:
        The text.

    Raises:
        InputError: the format is unknown, or the run has no relations.
    """
    dataset = _check_relations(run)
    effects = layer_effects(dataset, options or RelationOptions())
    if format != "table":
        return frame_text(effects, format)
    lines = [
        f"mean attention of each layer; {TIMES_UNIFORM}",
        intervals_line(dataset.attrs["labelled_clusters"], bool(effects["effect_low"].notna().any())),
        "most, least: targets whose 95 % interval excludes 1, not corrected for multiple comparisons",
        "own: share of all attention, in the query's own stretch of its phone; elsewhere: in its others",
        (options or RelationOptions()).text,
    ]
    return "\n".join([*lines, "", frame_text(_by_layer(effects))])


TIMES_UNIFORM = "times uniform: attention divided by uniform attention"


def pairs(run: Run, layer: int, head: int) -> pd.DataFrame:
    """Return one row for each pair of phones: P', P_U, and P' / P_U (`times_uniform`) with its interval.

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
        for name in ("relation", "relation_baseline"):
            columns[f"{name}{ending}"] = relations[f"{name}{ending}"]
        columns[f"times_uniform{ending}"] = 1 + relations[f"preference{ending}"]
        for end in ("low", "high"):
            bound = relations[f"preference{ending}_interval"].sel(bound=end, drop=True)
            columns[f"times_uniform{ending}_{end}"] = 1 + bound
    frame = xr.Dataset(columns).drop_vars(["layer", "head"]).to_dataframe(dim_order=["query_phone", "key_phone"])
    return frame.reset_index()


def operations_table(
    run: Run, sort: str | None = None, format: Format = "table", options: RelationOptions | None = None
) -> str:
    """Return the operations of every head as text.

    Args:
        run: a run of `analyze` on a corpus with phones.
        sort: column of `run.heads` to order heads by; None keeps the order of layers and heads.
        format: `table`, `csv` or `json`.
        options: which operations are reported.

    Returns:
        The text.

    Raises:
        InputError: the column or the format is unknown, or the run has no relations.
    """
    options = options or RelationOptions()
    table = frame_text(head_operations(run, sort, options), format)
    return table if format != "table" else f"{_operations_heading(_check_relations(run), options)}\n\n{table}"


def head_operations(run: Run, sort: str | None = None, options: RelationOptions | None = None) -> pd.DataFrame:
    """Return one row for each operation of each head, with its effect.

    Args:
        run: a run of `analyze` on a corpus with phones.
        sort: column of `run.heads` to order heads by; None keeps the order of layers and heads.
        options: which operations are reported.

    Returns:
        A data frame; a head without operations has one row with an empty operation.

    Raises:
        InputError: the column is unknown, or the run has no relations.
    """
    dataset = _check_relations(run)
    performed_lho = xr.DataArray(
        performed_in(dataset, options or RelationOptions()), dims=("layer", "head", "operation")
    )
    performed_lho = performed_lho.assign_coords(layer=dataset["layer"], head=dataset["head"])
    rows: list[Mapping[str, object]] = []
    for row in sorted_by(run.heads, sort).itertuples():
        head = {"layer": row.layer, "head": row.head, "category": row.category}
        place = {"layer": row.layer, "head": row.head}
        performed = _operations(dataset.sel(place), performed_lho.sel(place).values)
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


def _operations(head: xr.Dataset, performed: Ints) -> list[dict[str, object]]:
    effect, ends = head["operation_effect"].values, head["operation_effect_interval"].values
    return [
        {"operation": name, "effect": effect[place], "effect_low": ends[place, 0], "effect_high": ends[place, 1]}
        for name, place in name_operations(performed, [str(symbol) for symbol in head["key_phone"].values])
    ]


def _operations_heading(dataset: xr.Dataset, options: RelationOptions) -> str:
    return (
        f"{TIMES_UNIFORM} (its own phone: share of all attention)\n"
        f"false discovery rate {options.false_discovery_rate:.2g} over {num_tests(dataset, options)} tests\n"
        f"{options.text}"
    )


def _heading(head: xr.Dataset, performed: Ints, options: RelationOptions) -> list[str]:
    lines = [
        f"{row['operation']}: {row['effect']:.2f} ({row['effect_low']:.2f} to {row['effect_high']:.2f})"
        for row in _operations(head, performed)
    ]
    title = f"layer {head['layer'].item()} head {head['head'].item()}, {head['category'].item()}"
    return [
        f"{title}; on {head.attrs['labelled_utterances']} utterances with labels; "
        f"95 % intervals across {head.attrs['labelled_clusters']}",
        f"{TIMES_UNIFORM} (its own phone: share of all attention)",
        f"operations: false discovery rate {options.false_discovery_rate:.2g} over all operations and heads of the run",
        f"{label_kind(head.attrs)}s: {options.text}; {_omitted(head, options)}",
        "prefers, avoids: pairs whose 95 % interval excludes 1, not corrected for multiple comparisons",
        *(lines or ["no operation is significant"]),
    ]


def _omitted(dataset: xr.Dataset, options: RelationOptions) -> str:
    is_supported = support_in(dataset).select(options)
    return f"{(~is_supported).sum()} of {len(is_supported)} are not shown"


def _by_phone(head: xr.Dataset, options: RelationOptions) -> pd.DataFrame:
    ends, support = 1 + head["concentration_interval"].values, support_in(head)
    is_supported = support.select(options)
    ratio, (low, high) = 1 + head["preference"].values, 1 + np.moveaxis(head["preference_interval"].values, -1, 0)
    symbols = [str(symbol) for symbol in head["key_phone"].values]
    more, less = (low > 1) & is_supported, (high < 1) & is_supported
    frame = pd.DataFrame(
        {
            label_kind(head.attrs): symbols,
            "class": head["phone_class"].values,
            "frames": support.frames,
            "times_uniform": 1 + head["concentration"].values,
            "times_uniform_low": ends[:, 0],
            "times_uniform_high": ends[:, 1],
            "prefers": [_most(symbols, row, chosen, descending=True) for row, chosen in zip(ratio, more, strict=True)],
            "avoids": [_most(symbols, row, chosen, descending=False) for row, chosen in zip(ratio, less, strict=True)],
        }
    )
    return frame[is_supported].reset_index(drop=True)


def _most(symbols: list[str], ratio: AnyFloats, is_listed: Bools, *, descending: bool) -> str:
    """Return the phones of the highest or lowest ratios of a row, of those that may be listed."""
    order = [place for place in np.argsort(-ratio if descending else ratio) if is_listed[place]]
    return " ".join(f"{symbols[place]} {ratio[place]:.1f}" for place in order[:MAX_PHONES])


def _by_layer(effects: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each layer: its own phone, the same phone elsewhere, and the targets most and least used."""
    rows = []
    for layer, members in effects.groupby("layer"):
        is_titled = members["target"].isin(LAYER_TITLES)
        titled: dict[str, float] = {}
        for row in members[is_titled].to_dict("records"):
            title = LAYER_TITLES[row["target"]]
            titled |= {title: row["effect"], f"{title}_low": row["effect_low"], f"{title}_high": row["effect_high"]}
        others = members[~is_titled].dropna(subset=["effect"]).sort_values("effect")
        lists = {
            "most": _listed(others[others["effect_low"] > 1].iloc[::-1]),
            "least": _listed(others[others["effect_high"] < 1]),
        }
        rows.append({"layer": layer, **titled, **lists})
    return pd.DataFrame(rows)


def _listed(targets: pd.DataFrame) -> str:
    first = targets.head(MAX_TARGETS)
    return " ".join(f"{target} {effect:.1f}" for target, effect in zip(first["target"], first["effect"], strict=True))
