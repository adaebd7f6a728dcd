"""Rankings and curves in words."""

import numpy as np
import xarray as xr

from otoscope.results.rounding import format_with_error
from otoscope.results.table import intervals_line
from otoscope.results.text_table import format_table

FIRST = 5


def ranking_table(dataset: xr.Dataset) -> str:
    """Return a table: the first and last heads of each ranking, then how far each two rankings agree."""
    return f"{_ends(dataset)}\n{_agreement(dataset)}"


def _ends(dataset: xr.Dataset) -> str:
    rows = []
    for name in dataset["ranking"].values:
        heads = _ordered(dataset["rank"].sel(ranking=name), bool(dataset.attrs.get("through_layers")))
        rows.append([str(name), " ".join(heads[:FIRST]), " ".join(heads[-FIRST:])])
    return format_table(("ranking", "highest (layer.head)", "lowest"), rows)


def _ordered(rank: xr.DataArray, is_through: bool) -> list[str]:
    """Return heads as `layer.head`, from rank 1 on; of a head index in all layers, `all.head`."""
    places = rank.to_series().dropna().sort_values()
    return [f"{'all' if is_through else layer}.{head}" for layer, head in places.index]


def _agreement(dataset: xr.Dataset) -> str:
    """Return Spearman's rank correlations; columns are counted as the rows are."""
    names = [str(name) for name in dataset["ranking"].values]
    rows = [
        [f"{number} {name}", *(f"{value:+.2f}" for value in agreement)]
        for number, (name, agreement) in enumerate(zip(names, dataset["agreement"].values, strict=True), start=1)
    ]
    return format_table(("Spearman", *map(str, range(1, len(names) + 1))), rows)


CURVE_LEGEND = (
    "* worse, + better than the intact model (95 % interval of the difference);\n"
    "area: mean score under the curve; drop at: the first step with a star\n"
)


def curve_table(dataset: xr.Dataset) -> str:
    """Return the curves of each probe over the heads removed, then over the span, with areas and where drops begin."""
    tables = [
        "\n".join([*_heads_of(dataset.sel(probe=name)), _spans_of(dataset.sel(probe=name))])
        for name in dataset["probe"].values
    ]
    return "\n".join([*tables, f"{CURVE_LEGEND}{intervals_line(dataset.attrs['clusters'])} and seeds\n"])


def _heads_of(selection: xr.Dataset) -> list[str]:
    """Return the table of the curves over heads removed, one for each kind of ablation."""
    if "ablation_score" not in selection:
        return [_removals_of(selection, "", str(selection["ablation"].values[0]))]
    kinds = [str(kind) for kind in selection["ablation"].values]
    return [
        *(_removals_of(selection.sel(ablation=kind), "ablation_", kind) for kind in kinds),
        _agreement_of(selection),
    ]


def _removals_of(selection: xr.Dataset, prefix: str, kind: str) -> str:
    removed = [str(count) for count in selection["removed"].values]
    rows = [
        [f"{ranking}, {direction}", *_curve(selection.sel(ranking=ranking, direction=direction), prefix)]
        for ranking in selection["ranking"].values
        for direction in selection["direction"].values
    ]
    probe, metric = selection["probe"].item(), selection["metric"].item()
    by = "" if kind == "zero" and not prefix else f" by {kind}"
    return format_table((f"{probe} ({metric}), heads removed{by}", *removed, "area", "drop at"), rows)


def _agreement_of(selection: xr.Dataset) -> str:
    """Return the curves whose first drop depends on the kind of ablation, as lines."""
    drops = selection["ablation_first_drop"].fillna(-1)
    lines = []
    for ranking in selection["ranking"].values:
        for direction in selection["direction"].values:
            steps = drops.sel(ranking=ranking, direction=direction)
            dropped = [str(kind) for kind in selection["ablation"].values if steps.sel(ablation=kind) >= 0]
            intact = [str(kind) for kind in selection["ablation"].values if steps.sel(ablation=kind) < 0]
            if dropped and intact:
                lines.append(f"{ranking}, {direction}: a drop by {', '.join(dropped)}, none by {', '.join(intact)}\n")
    return "".join(lines) or "every curve drops by all kinds of ablation, or by none\n"


def _spans_of(selection: xr.Dataset) -> str:
    if "span_score" not in selection:
        return ""
    radii = ["full" if np.isinf(radius) else f"{radius:.0f}" for radius in selection["radius"].values]
    rows = [[f"rows {rows}", *_curve(selection.sel(rows=rows), "span_")] for rows in selection["rows"].values]
    return format_table((f"{selection['probe'].item()}, span in frames", *radii, "area", "drop at"), rows)


def _curve(curve: xr.Dataset, prefix: str) -> list[str]:
    """Return scores, a star if significantly worse than the intact model, a plus if better, area, first drop."""
    sign = 1 if curve["higher_is_better"].item() else -1
    ends = sign * curve[f"{prefix}change_interval"].values
    marks = np.where((ends < 0).all(-1), "*", np.where((ends > 0).all(-1), "+", " "))
    scores = [f"{score:.3f}{mark}" for score, mark in zip(curve[f"{prefix}score"].values, marks, strict=True)]
    low, high = curve[f"{prefix}area_interval"].values
    drop = curve[f"{prefix}first_drop"].item()
    return [
        *scores,
        format_with_error(curve[f"{prefix}area"].item(), (high - low) / 2, 3),
        "none" if np.isnan(drop) else f"{drop:.0f}",
    ]
