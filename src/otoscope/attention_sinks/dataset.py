"""What is found of sinks as one Dataset with named dimensions.

Axes: g group of clusters, l layer, h head, i condition, s seed, u utterance.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope.attention_sinks import SINK_MEASURES
from otoscope.attention_sinks.findings import Finding, layer_shares, onset_layer
from otoscope.attention_sinks.group_sums import (
    COUNT,
    SINKS,
    TOKENS,
    Drawn,
    GroupSums,
    count_of,
    drawn_by,
    frames_of,
    squares_of,
)
from otoscope.attention_sinks.prediction import explained
from otoscope.results.intervals import IDENTITY, LOGIT, Estimate, estimate, interval, ratio
from otoscope.results.schema import INTERVAL, Variable, labelled
from otoscope.statistics.clusters import Clusters
from otoscope.typing import AnyFloats, Floats

PLACES_IN_LAYER = ("layer", "place")
UNIFORM = "over uniform attention"


def _pair(name: str, dims: tuple[str, ...], units: str, doc: str) -> dict[str, Variable]:
    return {
        name: Variable(dims, units, doc),
        f"{name}_interval": Variable((*dims, "bound"), units, f"{INTERVAL}: {doc}"),
    }


def variables() -> dict[str, Variable]:
    """Return every variable that a run of `sinks` can have."""
    measures = [
        _pair(name, each.scope.value, each.units, f"{each.doc} ({each.source})")
        for name, each in SINK_MEASURES.select().items()
    ]
    described = {name: variable for each in measures for name, variable in each.items()}
    return described | {
        **_pair("layer_share", ("layer",), "1", "mean over heads of the share of the attention on sinks"),
        **_pair("place_share", PLACES_IN_LAYER, "1", "share of a layer's attention that is on sinks in the place"),
        **_pair("place_tokens", ("place",), "1", "share of the tokens of an utterance in the place"),
        **_pair("explained", ("descriptor", "layer"), "1", "variance of what frames draw that the class explains"),
        **_pair("explained_overall", ("descriptor",), "1", "the same over all layers"),
        **_pair("explained_sinks", ("descriptor",), "1", "the same of the attention on sinks alone"),
        "onset_layer": Variable((), "1", "first layer with half of the largest share of attention on sinks"),
        "position_drawn": Variable(("layer", "position"), "1", f"what frames at a position draw {UNIFORM}"),
        "phone_drawn": Variable(("layer", "phone"), "1", f"what frames of a phone draw {UNIFORM}"),
        "level_drawn": Variable(("layer", "level"), "1", f"what frames of a level draw {UNIFORM}"),
        **_pair("score", ("probe", "condition"), "as `metric` says", "score of the probe under the intervention"),
        **_pair("change", ("probe", "condition"), "as `metric` says", "score less that of the intact model"),
        "metric": Variable(("probe",), "1", "name of the score"),
        **_pair("finding", ("claim",), "1", "the number that decides the claim"),
        "finding_number": Variable(("claim",), "1", "what the number is"),
        "verdict": Variable(("claim",), "1", "holds, does not hold, or undecided"),
    }


def measure_values(sums: GroupSums, clusters: Clusters) -> dict[str, NDArray[Any]]:
    """Return each measure that the model allows, with intervals, and what follows from the shares of sinks."""
    values: dict[str, NDArray[Any]] = {}
    for name, measure in SINK_MEASURES.select().items():
        if name in sums:
            mean = estimate(_mean, clusters.key, sums[name], sums[count_of(name)])
            values |= _with_interval(name, mean, interval(mean, measure.scale))
    shares = sums["sink_share"], sums[count_of("sink_share")]
    by_layer = estimate(layer_shares, clusters.key, *shares)
    values |= _with_interval("layer_share", by_layer, interval(by_layer, LOGIT))
    for name, total in (("place_share", SINKS), ("place_tokens", TOKENS)):
        mean = estimate(ratio, clusters.key, sums[total], sums[COUNT])
        values |= _with_interval(name, mean, interval(mean, LOGIT))
    return values | {"onset_layer": np.asarray(onset_layer(layer_shares(*(each.sum(0) for each in shares))))}


def explained_overall(
    sums: GroupSums, names: Sequence[str], clusters: Clusters, drawn: Drawn = Drawn.ALL
) -> dict[str, Estimate]:
    """Return the variance that each descriptor explains over all layers, of all attention or of that on sinks."""
    return {name: explained(*_parts(sums, name, drawn), clusters.key, axes=(-2, -1)) for name in names}


def descriptor_values(
    sums: GroupSums, names: Sequence[str], clusters: Clusters, n_heads: AnyFloats
) -> dict[str, NDArray[Any]]:
    """Return what descriptors explain, and what frames of each class draw.

    Args:
        sums: all sums.
        names: names of the descriptors.
        clusters: cluster of each utterance.
        n_heads: number of heads of each layer, `[l]`.
    """
    layers = [explained(*_parts(sums, name, Drawn.ALL), clusters.key, axes=(-1,)) for name in names]
    every = {
        "explained": layers,
        "explained_overall": list(explained_overall(sums, names, clusters).values()),
        "explained_sinks": list(explained_overall(sums, names, clusters, Drawn.SINKS).values()),
    }
    values: dict[str, NDArray[Any]] = {}
    for name, estimates in every.items():
        values[name] = np.stack([each.value for each in estimates])
        values[f"{name}_interval"] = np.stack([interval(each) for each in estimates])
    with np.errstate(invalid="ignore", divide="ignore"):
        for name in names:
            drawn_cl = sums[drawn_by(name, Drawn.ALL)].sum((0, -1)) / n_heads
            values[f"{name}_drawn"] = (drawn_cl / sums[frames_of(name)].sum(0)[:, None]).T
    return values


def _parts(sums: GroupSums, name: str, drawn: Drawn) -> tuple[Floats, Floats, Floats]:
    return sums[frames_of(name)], sums[drawn_by(name, drawn)], sums[squares_of(drawn)]


def change_values(scores: Mapping[str, Estimate], changes: Mapping[str, Estimate]) -> dict[str, NDArray[Any]]:
    """Return the scores of probes in every condition, and their changes, with intervals."""
    values: dict[str, NDArray[Any]] = {}
    for name, estimates in (("score", scores), ("change", changes)):
        values[name] = np.stack([each.value for each in estimates.values()])
        values[f"{name}_interval"] = np.stack([interval(each, IDENTITY) for each in estimates.values()])
    return values


def finding_values(decisions: Sequence[Finding]) -> dict[str, NDArray[Any]]:
    """Return the findings as arrays."""
    return {
        "finding": np.array([each.value for each in decisions]),
        "finding_interval": np.array([[each.low, each.high] for each in decisions]),
        "finding_number": np.array([each.number for each in decisions], object),
        "verdict": np.array([each.verdict.value for each in decisions], object),
    }


def sinks_dataset(
    values: Mapping[str, NDArray[Any]], labels: Mapping[str, Sequence[Any]], clusters: Clusters
) -> xr.Dataset:
    """Return the Dataset of some variables and the labels of their dimensions."""
    coords = {name: np.array(entries, dtype=object) for name, entries in labels.items()}
    coords["bound"] = np.array(["low", "high"], object)
    return xr.Dataset(labelled(variables(), values), coords, {"clusters": clusters.text})


def _mean(total: AnyFloats, count: AnyFloats) -> AnyFloats:
    return np.where(count > 0, total / count, np.nan)


def _with_interval(name: str, value: Estimate, ends: AnyFloats) -> dict[str, NDArray[Any]]:
    return {name: value.value, f"{name}_interval": ends}
