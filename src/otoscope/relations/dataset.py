"""From sums over a corpus to the variables of a run: relations, preferences, concentration and operations.

Relations are means over the utterances with phones (`E_u`). Intervals are percentile bootstraps over folds of
utterances; up to 128 utterances, each is a fold. A resample uses the same utterances for a head and for uniform
attention. A value that is undefined in more than 2.5 % of the resamples has no interval.

Axes: f fold, l layer, h head, y phone, o operation, b resample.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from otoscope.phones import phone_info
from otoscope.relations.operations import effects, name_operations, operations
from otoscope.relations.preference import concentration, exclude_own_run, preference
from otoscope.results import Bootstrap
from otoscope.results.bootstrap import interval, resample_weights
from otoscope.results.schema import RELATIONS
from otoscope.typing import AnyFloats, Array, Ints

Arrays = dict[str, Array]


@dataclass(frozen=True, eq=False)
class Relations:
    """Relations of heads and of uniform attention; leading axes are folds, heads or resamples.

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


def relation_dataset(sums: Relations, counts: Ints, phones: Sequence[str], bootstrap: Bootstrap) -> xr.Dataset:
    """Build the Dataset with every variable of `RELATIONS`.

    Args:
        sums: sums over the utterances of each fold: relation `[f, l, h, y, y]` and own_run `[f, l, h, y]`, NaN if a
            layer lacks the head; baselines `[f, y, y]`.
        counts: number of utterances with phones in each fold, `[f]`.
        phones: names of the Y phones.
        bootstrap: how to resample folds for the intervals.

    Returns:
        Relations, preferences, concentration and operations with their intervals.

    Examples:
        >>> even = np.full((2, 1, 1, 2, 2), 0.25)  # 2 folds, 1 layer, 1 head, 2 phones: attention is like the baseline
        >>> sums = Relations(even, np.zeros((2, 1, 1, 2)), even[:, 0, 0], even[:, 0, 0])
        >>> dataset = relation_dataset(sums, np.array([1, 1]), ["sil", "s"], Bootstrap(resamples=10))
        >>> dataset.concentration.values.tolist()
        [[[0.0, 0.0]]]
    """
    folds, counts = Relations(*(array[counts > 0] for array in _arrays(sums))), counts[counts > 0]
    mean = Relations(*(array.sum(axis=0) / counts.sum() for array in _arrays(folds)))
    derived = _derived(mean, phones)
    ends = _intervals(folds, counts, phones, bootstrap)
    values: Arrays = {
        "relation": mean.relation,
        "relation_elsewhere": exclude_own_run(mean.relation, mean.own_run),
        "relation_baseline": mean.baseline,
        "relation_baseline_elsewhere": mean.baseline_elsewhere,
        **derived,
        **{f"{name}_interval": array for name, array in ends.items()},
        "operations": _names(ends["operation_effect"], phones),
        **dict.fromkeys(("query_phone", "key_phone"), np.array(phones, dtype=object)),
        "phone_class": np.array([_phone_class(symbol) for symbol in phones], dtype=object),
        "operation": np.array([operation.target for operation in operations(phones)], dtype=object),
    }
    return xr.Dataset({name: (variable.dims, values[name], variable.attrs) for name, variable in RELATIONS.items()})


def _phone_class(symbol: str) -> str:
    """Return the class of a phone; empty if it is none of the 39 phones."""
    info = phone_info(symbol)
    return info.category if info else ""


def _arrays(relations: Relations) -> tuple[AnyFloats, ...]:
    return relations.relation, relations.own_run, relations.baseline, relations.baseline_elsewhere


def _derived(r: Relations, phones: Sequence[str]) -> Arrays:
    """Compare relations with those of uniform attention."""
    rest = exclude_own_run(r.relation, r.own_run)
    preferred, preferred_elsewhere = preference(r.relation, r.baseline), preference(rest, r.baseline_elsewhere)
    return {
        "preference": preferred,
        "preference_elsewhere": preferred_elsewhere,
        "concentration": concentration(preferred),
        "concentration_elsewhere": concentration(preferred_elsewhere),
        "operation_effect": effects(rest, r.own_run, r.baseline_elsewhere, phones),
    }


def _intervals(folds: Relations, counts: Ints, phones: Sequence[str], bootstrap: Bootstrap) -> Arrays:
    """Return the intervals `[l, h, ..., 2]` of all variables of `_derived`; NaN for a single utterance."""
    share_bf = np.concatenate(list(resample_weights(len(counts), bootstrap)))
    share_bf = (share_bf / (share_bf @ counts)[:, None]).astype(np.float32)
    uniform = [_resampled(share_bf, array) for array in (folds.baseline, folds.baseline_elsewhere)]
    ends: Arrays = {}
    for place in np.ndindex(folds.relation.shape[1:3]):
        head = [_resampled(share_bf, array[:, *place]) for array in (folds.relation, folds.own_run)]
        for name, values in _derived(Relations(*head, *uniform), phones).items():
            bounds = interval(values) if len(counts) > 1 else np.full((*values.shape[1:], 2), np.nan)
            ends.setdefault(name, np.empty((*folds.relation.shape[1:3], *bounds.shape), np.float32))[place] = bounds
    return ends


def _resampled(share_bf: AnyFloats, sums: AnyFloats) -> AnyFloats:
    flat = sums.reshape(len(sums), -1).astype(np.float32)
    return (share_bf @ flat).reshape(-1, *sums.shape[1:])


def _names(ends: AnyFloats, phones: Sequence[str]) -> Array:
    """Return the names of the operations of every head as text `[l, h]`; empty if a head has none."""
    names = np.full(ends.shape[:2], "", dtype=object)
    for place in np.ndindex(names.shape):
        names[place] = "; ".join(name for name, _ in name_operations(ends[place], phones))
    return names
