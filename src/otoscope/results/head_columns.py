"""Columns of a table of heads that follow from the variables of a run: ranks, and the shape of each head."""

import xarray as xr

from otoscope.results.categories import competition_ranks
from otoscope.results.schema import HEAD_DIMS
from otoscope.results.shapes import SHAPES, head_shapes, shape_evidence, shape_offsets

RELATIVE_FORM = {
    "globalness": "normalised_entropy",
    "verticality": "relative_verticality",
    "diagonality": "relative_diagonality",
}
"""Statistic that depends on the length of an utterance -> the same over the value of uniform attention."""

RANKED = tuple(RELATIVE_FORM)

COLUMN_MEANINGS = {
    "category_agreement": "share of resamples of the run's speakers (or utterances) in which the head keeps its "
    "category among the same heads; no evidence on the head by itself: a random model has categories as well",
    "shape": f"description of the head's own attention, independent of the other heads: {', '.join(SHAPES)}",
    "shape_offset_ms": "key minus query of a shifted diagonal, in ms; 0: the main diagonal; NaN: another shape",
    "structure": "divergence of the rows from uniform attention, ln T - globalness (nats)",
    "structure_by_key": "share of the structure that the key alone explains, (ln T + verticality) / structure",
    "structure_by_offset": "share of the structure that the offset alone explains, offset_divergence / structure",
    **{f"{name}_rank": f"rank of the head by {name} among all heads of the run; 1: highest" for name in RANKED},
}
"""Column -> its meaning, for columns that are no variable of a run, or whose variable needs more words."""


def rank_columns(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the rank `[layer, head]` of every head by each statistic that decides on its category."""
    values = {name: dataset[name].values for name in RANKED}
    ranks = {name: competition_ranks(values[name].ravel()).reshape(values[name].shape) for name in RANKED}
    return {f"{name}_rank": xr.DataArray(rank, dims=HEAD_DIMS) for name, rank in ranks.items()}


def shape_columns(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the shape `[layer, head]` of every head and what decides on it, if the run has the statistics."""
    evidence = shape_evidence(dataset)
    if evidence is None:
        return {}
    shapes = head_shapes(evidence)
    values = {
        "shape": shapes.astype(object),
        "shape_offset_ms": shape_offsets(evidence, shapes, dataset.attrs["frame_period"]),
        "structure": evidence.structure,
        "structure_by_key": evidence.part(evidence.by_key),
        "structure_by_offset": evidence.part(evidence.by_offset),
    }
    return {name: xr.DataArray(array, dims=HEAD_DIMS) for name, array in values.items()}
