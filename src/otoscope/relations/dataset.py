"""From sums over a corpus to the variables of a run: relations, preferences, concentration and operations.

Relations are means over the utterances with phones (`E_u`); intervals are percentile bootstraps over folds of them,
over utterances themselves up to 128. Each head is resampled with the uniform attention of the same resamples. What too
few utterances hold, so that over 2.5 % of the resamples lack it, has no interval.

Axes: f fold, l layer, h head, y phone, o operation, b resample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from otoscope.phones import phone_info
from otoscope.relations.operations import effects, name_operations, operations
from otoscope.relations.preference import Floats, concentration, exclude_own_run, preference
from otoscope.results import Bootstrap
from otoscope.results.bootstrap import interval, weights
from otoscope.results.schema import RELATIONS

Arrays = dict[str, npt.NDArray[Any]]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Relations:
    """Relations of heads and of uniform attention; leading axes are folds, heads or resamples.

    Attributes:
        relation, own_run: P' [..., y, y], and the part within the query's own run of one phone [..., y].
        baseline, baseline_elsewhere: P_U [..., y, y], whole and without the query's own run.
    """

    relation: Floats
    own_run: Floats
    baseline: Floats
    baseline_elsewhere: Floats


def relation_dataset(sums: Relations, counts: Counts, phones: Sequence[str], bootstrap: Bootstrap) -> xr.Dataset:
    """Every variable of `RELATIONS`.

    Args:
        sums: relation [f, l, h, y, y] and own_run [f, l, h, y], NaN where a layer lacks the head; baselines [f, y, y].
        counts: utterances with phones in each fold, [f].
        phones: names of the Y phones.
        bootstrap: how intervals are drawn.

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
        "phone_class": np.array([known.category if (known := phone_info(one)) else "" for one in phones], dtype=object),
        "operation": np.array([operation.target for operation in operations(phones)], dtype=object),
    }
    return xr.Dataset({name: (known.dims, values[name], known.attrs) for name, known in RELATIONS.items()})


def _arrays(relations: Relations) -> tuple[Floats, ...]:
    return relations.relation, relations.own_run, relations.baseline, relations.baseline_elsewhere


def _derived(r: Relations, phones: Sequence[str]) -> Arrays:
    """What relations say beside those of uniform attention."""
    rest = exclude_own_run(r.relation, r.own_run)
    preferred, preferred_elsewhere = preference(r.relation, r.baseline), preference(rest, r.baseline_elsewhere)
    return {
        "preference": preferred,
        "preference_elsewhere": preferred_elsewhere,
        "concentration": concentration(preferred),
        "concentration_elsewhere": concentration(preferred_elsewhere),
        "operation_effect": effects(rest, r.own_run, r.baseline_elsewhere, phones),
    }


def _intervals(folds: Relations, counts: Counts, phones: Sequence[str], bootstrap: Bootstrap) -> Arrays:
    """Ends of the intervals of everything that `_derived` gives, [l, h, ..., 2]; NaN for a single utterance."""
    share_bf = np.concatenate(list(weights(len(counts), bootstrap)))
    share_bf = (share_bf / (share_bf @ counts)[:, None]).astype(np.float32)
    uniform = [_resampled(share_bf, array) for array in (folds.baseline, folds.baseline_elsewhere)]
    ends: Arrays = {}
    for place in np.ndindex(folds.relation.shape[1:3]):
        head = [_resampled(share_bf, array[:, *place]) for array in (folds.relation, folds.own_run)]
        for name, values in _derived(Relations(*head, *uniform), phones).items():
            found = interval(values) if len(counts) > 1 else np.full((*values.shape[1:], 2), np.nan)
            ends.setdefault(name, np.empty((*folds.relation.shape[1:3], *found.shape), np.float32))[place] = found
    return ends


def _resampled(share_bf: Floats, sums: Floats) -> Floats:
    flat = sums.reshape(len(sums), -1).astype(np.float32)
    return (share_bf @ flat).reshape(-1, *sums.shape[1:])


def _names(ends: npt.NDArray[np.floating], phones: Sequence[str]) -> npt.NDArray[np.object_]:
    """Operations of every head in words, [l, h]; empty where none is named."""
    names = np.full(ends.shape[:2], "", dtype=object)
    for place in np.ndindex(names.shape):
        names[place] = "; ".join(name for name, _ in name_operations(ends[place], phones))
    return names
