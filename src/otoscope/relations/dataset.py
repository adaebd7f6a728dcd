"""From sums over a corpus to the variables of a run: relations, preferences, concentration and operations.

Relations are means over the utterances with phones (`E_u`). Intervals are jackknives over clusters, the speakers where
they are known (`results/intervals.py`): a replicate is without the same utterances for a head and for uniform
attention. The degrees of freedom of a value are those of the effective number of clusters that contain its phones.

Axes: g cluster (or group of clusters), l layer, h head, y phone, o operation, d direction (attends, avoids).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import xarray as xr

from otoscope.phones import phone_info
from otoscope.relations.operations import effects, name_operations, operations, target_weights
from otoscope.relations.options import RelationOptions
from otoscope.relations.preference import concentration, exclude_own_run, preference
from otoscope.relations.significance import (
    DIRECTIONS,
    PhoneSupport,
    one_sided,
    performed_operations,
    supported_operations,
)
from otoscope.results.intervals import LOG, LOG_EXCESS, Estimate, effective_count, interval, p_value, ratio
from otoscope.results.schema import RELATIONS, labelled
from otoscope.typing import AnyFloats, Array, Ints

Arrays = dict[str, Array]

BLOCK_HEADS = 4
"""Heads that are estimated at a time, so that memory does not grow with the width of a model."""

UNLABELLED_RULE = (
    "Label frames without a phone are excluded as queries and as keys; the remaining attention of an utterance is "
    "divided by its sum, and uniform attention is that over the labelled frames."
)
"""Attribute `unlabelled_frames` of a run with relations."""

SCALES = {
    "preference": LOG_EXCESS,
    "preference_elsewhere": LOG_EXCESS,
    "concentration": LOG_EXCESS,
    "concentration_elsewhere": LOG_EXCESS,
    "operation_effect": LOG,
}
"""Variable that is compared with uniform attention -> the scale of its interval."""


@dataclass(frozen=True, eq=False)
class Relations:
    """Relations of heads and of uniform attention; leading axes are clusters, heads or replicates.

    Attributes:
        relation: P' `[..., y, y]` (query, key).
        own_run: the part of P' within the query's own run of one phone, `[..., y]`.
        baseline: P_U `[..., y, y]`.
        baseline_elsewhere: P_U without the query's own run, `[..., y, y]`.

    Examples:
        >>> half = np.full((2, 2), 0.25)
        >>> Relations(half, np.zeros(2), half, half).relation.sum()
        np.float64(1.0)
    """

    relation: AnyFloats
    own_run: AnyFloats
    baseline: AnyFloats
    baseline_elsewhere: AnyFloats


def relation_dataset(
    sums: Relations, counts: AnyFloats, phones: Sequence[str], cluster_key: str, support: PhoneSupport
) -> xr.Dataset:
    """Build the Dataset with every variable of `RELATIONS`.

    Args:
        sums: sums over the utterances of each cluster: relation `[g, l, h, y, y]` and own_run `[g, l, h, y]`, NaN if a
            layer lacks the head; baselines `[g, y, y]`.
        counts: number of utterances with phones in each cluster, `[g]`.
        phones: names of the Y phones.
        cluster_key: name of the source of variance, `Clusters.key`.
        support: how much speech there is of each phone.

    Returns:
        Relations, preferences, concentration and operations with their intervals. The attributes state the rule for
        frames without a phone, and what operations are named by.

    Examples:
        >>> even = np.full((2, 1, 1, 2, 2), 0.25)  # 2 speakers, 1 layer, 1 head, 2 phones: attention like the baseline
        >>> sums = Relations(even, np.zeros((2, 1, 1, 2)), even[:, 0, 0], even[:, 0, 0])
        >>> support = PhoneSupport(*np.ones((3, 2), int))
        >>> dataset = relation_dataset(sums, np.array([1, 1]), ["sil", "s"], "speaker", support)
        >>> dataset.concentration.values.tolist()
        [[[0.0, 0.0]]]
    """
    layers = (_layer(sums, layer) for layer in range(sums.relation.shape[1]))
    return relations_by_layer(layers, counts, phones, cluster_key, support)


def relations_by_layer(
    layers: Iterable[Relations], counts: AnyFloats, phones: Sequence[str], cluster_key: str, support: PhoneSupport
) -> xr.Dataset:
    """Build the Dataset of `relation_dataset` from one layer after the other, so that one is in memory at a time.

    Args:
        layers: sums of each layer and cluster: relation `[g, h, y, y]` and own_run `[g, h, y]`, NaN if the layer lacks
            the head; baselines `[g, 1, y, y]`, the same in each layer.
        counts: number of utterances with phones in each cluster, `[g]`.
        phones: names of the Y phones.
        cluster_key: name of the source of variance.
        support: how much speech there is of each phone.
    """
    described = [_describe_layer(sums, counts, phones, cluster_key) for sums in layers]
    values: Arrays = {name: np.stack([layer[name] for layer in described]) for name in described[0]}
    p_lhod = values.pop("operation_p")
    values |= {name: values[name][0, 0] for name in ("relation_baseline", "relation_baseline_elsewhere")}
    values |= {
        **{f"phone_{name}": getattr(support, name) for name in ("frames", "utterances", "speakers")},
        **_performed(p_lhod, phones, support),
        **dict.fromkeys(("query_phone", "key_phone"), np.array(phones, dtype=object)),
        "phone_class": np.array([_phone_class(symbol) for symbol in phones], dtype=object),
        "operation": np.array([operation.target for operation in operations(phones)], dtype=object),
    }
    dataset = xr.Dataset(labelled(RELATIONS, values))
    return dataset.assign_attrs(asdict(RelationOptions()), unlabelled_frames=UNLABELLED_RULE)


def _describe_layer(sums: Relations, counts: AnyFloats, phones: Sequence[str], cluster_key: str) -> Arrays:
    """Return the variables of one layer, without the axis of layers."""
    used, counts = Relations(*(array[counts > 0] for array in _arrays(sums))), counts[counts > 0]
    mean = Relations(*(array.sum(axis=0) / counts.sum() for array in _arrays(used)))
    mean_map = _estimates(_mean_map(used), counts, phones, cluster_key)["operation_effect"]
    parts = [_describe_heads(heads, counts, phones, cluster_key) for heads in _head_blocks(used)]
    return {
        "relation": mean.relation,
        "relation_elsewhere": exclude_own_run(mean.relation, mean.own_run),
        "relation_baseline": mean.baseline,
        "relation_baseline_elsewhere": mean.baseline_elsewhere,
        **{name: np.concatenate([part[name] for part in parts]) for name in parts[0]},
        "layer_effect": mean_map.value[0],
        "layer_effect_interval": interval(mean_map, LOG)[0],
    }


def _head_blocks(sums: Relations) -> Iterator[Relations]:
    """Yield the sums of a few heads at a time: their estimates need many times the memory."""
    for start in range(0, sums.relation.shape[1], BLOCK_HEADS):
        heads = slice(start, start + BLOCK_HEADS)
        yield replace(sums, relation=sums.relation[:, heads], own_run=sums.own_run[:, heads])


def _describe_heads(sums: Relations, counts: AnyFloats, phones: Sequence[str], cluster_key: str) -> Arrays:
    """Return the variables of heads that have intervals or p-values, with the axis of heads first."""
    estimates = _estimates(sums, counts, phones, cluster_key)
    ends = {name: interval(estimates[name], scale).astype(np.float32) for name, scale in SCALES.items()}
    return {
        **{name: estimates[name].value for name in SCALES},
        **{f"{name}_interval": array for name, array in ends.items()},
        "operation_p": _p_values(estimates["operation_effect"], phones),
    }


def _performed(p_lhod: AnyFloats, phones: Sequence[str], support: PhoneSupport) -> Arrays:
    """Return the p-values of operations, and those that heads perform by the default options."""
    options = RelationOptions()
    is_supported = supported_operations(support, phones, options)
    performed = performed_operations(p_lhod, is_supported, options.false_discovery_rate)
    return {
        "direction": np.array(DIRECTIONS, dtype=object),
        "operation_p": p_lhod,
        "operation_performed": performed,
        "operations": _names(performed, phones),
    }


def _layer(sums: Relations, layer: int) -> Relations:
    """Return the sums of one layer."""
    uniform = sums.baseline[:, None], sums.baseline_elsewhere[:, None]
    return Relations(sums.relation[:, layer], sums.own_run[:, layer], *uniform)


def _mean_map(sums: Relations) -> Relations:
    """Return the sums of the mean map of a layer, `[g, 1, ...]`.

    The mean relations of the heads of a layer are those of its mean map, because relations are linear in attention.
    """
    is_head = ~np.isnan(sums.relation[0]).all(axis=(-2, -1))
    with np.errstate(invalid="ignore"):
        relation, own_run = (
            array[:, is_head].sum(axis=1, keepdims=True) / is_head.sum() for array in (sums.relation, sums.own_run)
        )
    return Relations(relation, own_run, sums.baseline, sums.baseline_elsewhere)


def _estimates(maps: Relations, counts: AnyFloats, phones: Sequence[str], cluster_key: str) -> dict[str, Estimate]:
    """Return the estimates of all variables of `SCALES` for maps `[g, h, ...]` with baselines `[g, 1, ...]`."""
    totals = [array.sum(axis=0, keepdims=True) for array in _arrays(maps)]
    value = _derived(Relations(*(total / counts.sum() for total in totals)), phones)
    replicates = _derived(_without_each(maps, totals, counts), phones)
    # Uniform attention in the place of the heads: a value that is NaN there has no phones to be defined by.
    occurs = _derived(Relations(maps.baseline, maps.own_run[:, :1] * 0, maps.baseline, maps.baseline_elsewhere), phones)
    effective = {name: effective_count(weights) for name, weights in _weights(maps, phones).items()}
    return {
        name: Estimate(
            value[name][0],
            {cluster_key: replicates[name]},
            {cluster_key: _num_defined(occurs[name])},
            {cluster_key: effective[name]},
        )
        for name in SCALES
    }


def _weights(maps: Relations, phones: Sequence[str]) -> Arrays:
    """Return the weights `[g, ...]` of clusters in ratios to uniform attention: the pairs of frames that they have."""
    whole, elsewhere = maps.baseline[:, 0], maps.baseline_elsewhere[:, 0]
    return {
        "preference": whole,
        "preference_elsewhere": elsewhere,
        "concentration": whole.sum(axis=-2),
        "concentration_elsewhere": elsewhere.sum(axis=-2),
        "operation_effect": target_weights(whole, elsewhere, phones),
    }


def _without_each(heads: Relations, totals: Sequence[AnyFloats], counts: AnyFloats) -> Relations:
    """Return the means without each cluster, `[g, h, ...]`; NaN if no utterance remains."""
    remaining = counts.sum() - counts
    with np.errstate(divide="ignore", invalid="ignore"):
        return Relations(
            *(ratio(total - array, remaining) for total, array in zip(totals, _arrays(heads), strict=True))
        )


def _num_defined(occurs: AnyFloats) -> Ints:
    """Return the number of clusters in which a value is defined, from values `[g, 1, ...]`."""
    return np.asarray((~np.isnan(occurs[:, 0])).sum(axis=0), np.int64)


def _phone_class(symbol: str) -> str:
    """Return the class of a phone; empty if it is none of the 39 phones."""
    info = phone_info(symbol)
    return info.category if info else ""


def _arrays(relations: Relations) -> tuple[AnyFloats, ...]:
    return relations.relation, relations.own_run, relations.baseline, relations.baseline_elsewhere


def _derived(r: Relations, phones: Sequence[str]) -> Arrays:
    """Compare relations with those of uniform attention."""
    elsewhere = exclude_own_run(r.relation, r.own_run)
    preferred, preferred_elsewhere = preference(r.relation, r.baseline), preference(elsewhere, r.baseline_elsewhere)
    return {
        "preference": preferred,
        "preference_elsewhere": preferred_elsewhere,
        "concentration": concentration(preferred),
        "concentration_elsewhere": concentration(preferred_elsewhere),
        "operation_effect": effects(elsewhere, r.own_run, r.baseline_elsewhere, phones),
    }


def _p_values(effect: Estimate, phones: Sequence[str]) -> AnyFloats:
    """Return the one-sided p-values `[h, o, d]` that effects `[h, o]` are beyond the bounds of their operations."""
    p_hod = np.full((*effect.value.shape, len(DIRECTIONS)), np.nan)
    for place, operation in enumerate(operations(phones)):
        estimate = effect.select(place)
        is_above, is_below = estimate.value > operation.attends, estimate.value < operation.avoids
        p_hod[:, place, 0] = one_sided(p_value(estimate, operation.attends, LOG), is_above)
        if operation.avoids > 0:
            p_hod[:, place, 1] = one_sided(p_value(estimate, operation.avoids, LOG), is_below)
    return p_hod


def _names(performed: Ints, phones: Sequence[str]) -> Array:
    """Return the names of the operations of every head as text `[l, h]`; empty if a head has none."""
    names = np.full(performed.shape[:2], "", dtype=object)
    for place in np.ndindex(names.shape):
        names[place] = "; ".join(name for name, _ in name_operations(performed[place], phones))
    return names
