"""The weights of heads in words: a row for each head."""

import numpy as np
import xarray as xr

from otoscope.results.text_table import format_table
from otoscope.typing import AnyFloats

COMPOSITION = "_composition"
FOOT = "norms and effective ranks of W_QK (how a head scores) and W_OV (what it writes); strongest: of its compositions"


def weights_table(dataset: xr.Dataset) -> str:
    """Return a table of the heads: each number, and the head below with the strongest composition."""
    numbers = [name for name in sorted(map(str, dataset.data_vars)) if dataset[name].dims == ("layer", "head")]
    compositions = [name for name in sorted(map(str, dataset.data_vars)) if name.endswith(COMPOSITION)]
    titles = ["head", *(name.replace("_", " ") for name in numbers), *(["strongest"] if compositions else [])]
    rows = [
        [f"{layer}.{head}", *(f"{dataset[name].values[layer, head]:.3g}" for name in numbers)]
        + ([_strongest(dataset, compositions, layer, head)] if compositions else [])
        for layer, head in np.ndindex(dataset.sizes["layer"], dataset.sizes["head"])
        if _exists(dataset, layer, head)
    ]
    lines = [format_table(titles, rows), FOOT]
    if dataset.attrs["undefined"]:
        lines.append(f"not defined for this model: {', '.join(dataset.attrs['undefined'])}")
    return "\n".join(lines) + "\n"


def _exists(dataset: xr.Dataset, layer: int, head: int) -> bool:
    return any(
        bool(dataset[name].isel(layer=layer, head=head).notnull().any())
        for name in dataset.data_vars
        if layer or not str(name).endswith(COMPOSITION)
    )


def _strongest(dataset: xr.Dataset, compositions: list[str], layer: int, head: int) -> str:
    """Return the strongest composition of a head with one below: `key 1.3 x2.4`; empty in the first layer."""
    values: AnyFloats = np.stack([dataset[name].values[layer, head] for name in compositions])
    if np.isnan(values).all():
        return ""
    kind, other = np.unravel_index(np.nanargmax(values), values.shape)
    return f"{compositions[kind].removesuffix(COMPOSITION)} {layer - 1}.{other} x{values[kind, other]:.2f}"
