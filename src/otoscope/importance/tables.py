"""Rankings in words. Knows no torch."""

from itertools import combinations

import xarray as xr

from otoscope.results.aligned import aligned

FIRST = 5


def ranking_table(dataset: xr.Dataset) -> str:
    """The first and last heads of each ranking, then how far each two rankings agree."""
    return f"{_ends(dataset)}\n{_agreement(dataset)}"


def _ends(dataset: xr.Dataset) -> str:
    rows = []
    for name in dataset["ranking"].values:
        heads = _ordered(dataset["rank"].sel(ranking=name))
        rows.append([str(name), " ".join(heads[:FIRST]), " ".join(heads[-FIRST:])])
    return aligned(("ranking", "highest (layer.head)", "lowest"), rows)


def _ordered(rank: xr.DataArray) -> list[str]:
    """Heads as `layer.head`, from rank 1 on."""
    places = rank.to_series().dropna().sort_values()
    return [f"{layer}.{head}" for layer, head in places.index]


def _agreement(dataset: xr.Dataset) -> str:
    names = [str(name) for name in dataset["ranking"].values]
    pairs = combinations(names, 2)
    rows = [[f"{a} and {b}", f"{dataset['agreement'].sel(ranking=a, other=b).item():+.2f}"] for a, b in pairs]
    return aligned(("rankings", "Spearman"), rows) if rows else ""
