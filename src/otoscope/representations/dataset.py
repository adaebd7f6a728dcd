"""What each layer holds, as one Dataset with named dimensions.

Axes: l depth or layer, c reader, s seed, u utterance, r representation, h head.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope.probing.probe import VARIABLES as PROBE_VARIABLES
from otoscope.probing.probe import probe_variables
from otoscope.probing.scorer import Probe, Scorer
from otoscope.probing.scores import intervals, score, score_estimate
from otoscope.representations.similarity import cka_estimate
from otoscope.results.categories import CATEGORIES, RANKED, categorise
from otoscope.results.intervals import difference, interval, mean_estimate
from otoscope.results.resampling import cluster_weights, resampled_interval, resampled_means
from otoscope.results.schema import INTERVAL, OVER_CLUSTERS, Variable, labelled
from otoscope.statistics.clusters import Clusters
from otoscope.typing import AnyFloats, Floats

READERS = ("intact", "untrained", "random labels", "majority")
LAYER_PROBES, PAIRS = ("probe", "depth"), ("representation", "other")
AS_METRIC = "as `metric` says"
VARIABLES = {
    "score": Variable((*LAYER_PROBES, "reader"), AS_METRIC, "what the probe gets from the states at a depth"),
    "score_interval": Variable(
        (*LAYER_PROBES, "reader", "bound"), AS_METRIC, f"{INTERVAL} and over seeds: score of the probe"
    ),
    "selectivity": Variable(LAYER_PROBES, AS_METRIC, "score less that of the same probe trained on shuffled labels"),
    "selectivity_interval": Variable((*LAYER_PROBES, "bound"), AS_METRIC, f"{INTERVAL} and over seeds: selectivity"),
    "total": Variable(
        (*LAYER_PROBES, "reader", "seed", "utterance"), AS_METRIC, "sum of the score over the utterance's frames"
    ),
    **{name: PROBE_VARIABLES[name] for name in ("doc", "metric", "higher_is_better", "count")},
    "cka": Variable(PAIRS, "1", "linear CKA of frames within utterances, estimated without bias"),
    "cka_interval": Variable((*PAIRS, "bound"), "1", f"{INTERVAL}: linear CKA"),
    "hsic": Variable(("utterance", *PAIRS), "1", "HSIC of the frames of each utterance; NaN below four frames"),
    "category": Variable(("layer", "head"), "1", "category of the head: diagonal, vertical or global"),
    "category_share": Variable(("layer", "category_name"), "1", "share of the layer's heads in each category"),
    "category_share_interval": Variable(
        ("layer", "category_name", "bound"),
        "1",
        f"95 % interval, resampled {OVER_CLUSTERS}: category_share",
    ),
}


def probe_values(
    probes: Mapping[str, Probe], scorers: Mapping[str, Scorer], totals: Mapping[str, Floats], clusters: Clusters
) -> dict[str, NDArray[Any]]:
    """Return the variables of the probes.

    Args:
        probes: probes by name.
        scorers: scorer of each probe at some depth.
        totals: sums `[depth, reader, seed, utterance]` of each probe.
        clusters: cluster of each utterance.
    """
    counts = {name: scorers[name].count for name in probes}
    selective = [_selectivity(totals[name], counts[name], clusters) for name in probes]
    return probe_variables(probes, scorers) | {
        "total": np.stack([totals[name] for name in probes]),
        "score": np.stack([score(totals[name], counts[name]) for name in probes]),
        "score_interval": np.stack([_intervals(totals[name], counts[name], clusters) for name in probes]),
        "selectivity": np.stack([value for value, _ in selective]),
        "selectivity_interval": np.stack([ends for _, ends in selective]),
    }


def _intervals(total_lcsu: Floats, count_u: Floats, clusters: Clusters) -> AnyFloats:
    return np.stack([intervals(total_csu, count_u, clusters) for total_csu in total_lcsu])


def _selectivity(total_lcsu: Floats, count_u: Floats, clusters: Clusters) -> tuple[AnyFloats, AnyFloats]:
    """Return selectivity `[l]` and its interval, paired over clusters and seeds."""
    intact, shuffled = (
        score_estimate(total_lcsu[:, READERS.index(reader)], count_u, clusters)
        for reader in ("intact", "random labels")
    )
    selective = difference(intact, shuffled)
    return selective.value, interval(selective)


def similarity_values(hsic_urr: AnyFloats, clusters: Clusters) -> dict[str, NDArray[Any]]:
    """Return the variables of CKA from HSIC of each utterance."""
    similarity = cka_estimate(hsic_urr, clusters)
    return {"cka": similarity.value, "cka_interval": interval(similarity), "hsic": hsic_urr}


def category_values(rows_ulh: Mapping[str, AnyFloats], clusters: Clusters) -> dict[str, NDArray[Any]]:
    """Return the category of each head, and the share of each category in each layer.

    Args:
        rows_ulh: values `[utterance, layer, head]` of globalness, verticality and diagonality.
        clusters: cluster of each utterance.
    """
    weights = cluster_weights(clusters)
    means = [mean_estimate(rows_ulh[name], clusters).value for name in RANKED]
    resampled = [resampled_means(weights, rows_ulh[name], clusters) for name in RANKED]
    shares = _category_shares(*means)
    return {
        "category": categorise(*means).astype(object),
        "category_share": shares,
        "category_share_interval": resampled_interval(shares, _category_shares(*resampled), clusters).clip(0, 1),
    }


def _category_shares(*means_lh: AnyFloats) -> AnyFloats:
    """Return the share `[..., layer, category]` of the heads of each layer."""
    category = categorise(*means_lh)
    present = (category != "").sum(-1)
    with np.errstate(invalid="ignore"):
        return np.stack([(category == name).sum(-1) / present for name in CATEGORIES], axis=-1)


def layer_dataset(
    values: Mapping[str, NDArray[Any]], labels: Mapping[str, Sequence[Any]], clusters: Clusters
) -> xr.Dataset:
    """Return the Dataset of some variables and the labels of their dimensions."""
    variables = labelled(VARIABLES, values)
    coords = {name: np.array(values, dtype=object) for name, values in labels.items()}
    return xr.Dataset(variables, coords | {"bound": np.array(["low", "high"], object)}, {"clusters": clusters.text})
