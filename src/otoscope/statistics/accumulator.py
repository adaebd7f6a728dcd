"""Accumulate statistics over a corpus: add utterances one by one, merge states in any order to the same bits.

Every statistic is a plain mean over utterances. A state stores scalars as rows, one per utterance. Statistics with
dims are in [0, 1]. A state sums them per cluster (`clusters.py`) in whole numbers of 2^-40. The sums therefore do not
depend on the order, and their size does not grow with the corpus: more than 128 clusters are joined to groups.
Imports no torch.

Axes: u utterance, l layer, h head (up to the largest count; heads that a layer lacks are NaN), g group of clusters.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from otoscope.errors import InputError
from otoscope.statistics.clusters import CODE_BITS, MAX_CLUSTERS, cluster_code, code_bits
from otoscope.typing import AnyFloats, Array, Bools, Floats, Ints

UNIT = 2.0**40
ROUNDING = 1e-4  # how far outside [0, 1] float rounding may put a value


@dataclass(eq=False)
class State:
    """The utterances of a corpus that were added so far. `update` changes it in place; nothing else does.

    Attributes:
        n_heads: heads of each layer.
        may_be_undefined: scalars that may be NaN for all heads of an utterance.
        codes: code of the cluster of each utterance, by the utterance's index in the corpus.
        rows: of each scalar, `[l, h]` by index of the utterance.
        sums: of each statistic with dims, `[l, h, *dims]` in units of 2^-40 by group: the last `bits` of the code.
        bits: how many, see `code_bits`.
    """

    n_heads: tuple[int, ...]
    may_be_undefined: frozenset[str] = frozenset()
    codes: dict[int, int] = field(default_factory=dict)
    rows: dict[str, dict[int, Floats]] = field(default_factory=dict)
    sums: dict[str, dict[int, Ints]] = field(default_factory=dict)
    bits: int = CODE_BITS


@dataclass(frozen=True, eq=False)
class Final:
    """The statistics of a corpus.

    Attributes:
        index: indices in the corpus of the utterances, in increasing order, `[u]`.
        mean: of each statistic, `[l, h, *dims]`.
        rows: of each scalar, `[u, l, h]`.
        cluster_sum: of each statistic with dims, `[g, l, h, *dims]`, in the order of the groups' codes.
    """

    index: Ints
    mean: dict[str, Floats]
    rows: dict[str, Floats]
    cluster_sum: dict[str, Floats]


def init(
    shapes: Mapping[str, tuple[int, ...]], n_heads: Iterable[int], may_be_undefined: Iterable[str] = frozenset()
) -> State:
    """Return a state without utterances.

    Args:
        shapes: the shape of each statistic (`Statistic.shape`), by name.
        n_heads: heads of each layer.
        may_be_undefined: scalars that may be NaN for all heads of an utterance.

    Examples:
        >>> init({"weight": ()}, [12, 12]).n_heads
        (12, 12)
    """
    heads = tuple(n_heads)
    state = State(heads, frozenset(may_be_undefined))
    for name, shape in shapes.items():
        if shape:
            state.sums[name] = {}
        else:
            state.rows[name] = {}
    return state


def update(state: State, index: int, values: Mapping[str, Floats], cluster: str | None = None) -> None:
    """Add one utterance to the state, in place.

    Args:
        state: the state to change; after an error it is as before.
        index: index of the utterance in the corpus.
        values: each statistic `[l, h, *dims]` (see `compute_statistics`).
        cluster: name of the utterance's cluster; by default the utterance is a cluster.

    Raises:
        InputError: the utterance was added before, a value is not finite although the statistic is defined, or a value
            of a statistic with dims is outside [0, 1].
    """
    if index in state.codes:
        raise InputError(f"utterance {index} was added before; add each utterance once")
    present = _present(state.n_heads)
    for name, value in values.items():
        if name not in state.may_be_undefined or not np.isnan(value[present]).all():
            _check_finite(name, index, value[present])
    for name in state.sums:
        _check_share(name, index, values[name][present])
    state.codes[index] = cluster_code(f"utterance {index}" if cluster is None else cluster)
    group = state.codes[index] % (1 << state.bits)
    for name, rows in state.rows.items():
        rows[index] = np.asarray(values[name], np.float64)
    for sums_name, sums in state.sums.items():
        sums[group] = sums.get(group, 0) + np.rint(np.nan_to_num(values[sums_name], nan=0.0) * UNIT).astype(np.int64)
    _join_groups(state)


def merge(a: State, b: State) -> State:
    """Return the state of two parts of a corpus; the order of parts and of merging makes no difference.

    Raises:
        InputError: the parts share an utterance, or differ in heads or statistics.
    """
    rows = {name: dict(rows) for name, rows in a.rows.items()}
    merged = State(a.n_heads, a.may_be_undefined, dict(a.codes), rows, dict(a.sums), a.bits)
    absorb(merged, b)
    return merged


def absorb(state: State, other: State) -> None:
    """Add all utterances of another part of a corpus to the state, in place; `merge` returns a new state.

    Raises:
        InputError: as `merge`.
    """
    shared = state.codes.keys() & other.codes.keys()
    if shared:
        raise InputError(f"utterance {min(shared)} is in both states; merge parts of the corpus that do not overlap")
    if _signature(state) != _signature(other):
        raise InputError("the states are of different heads or statistics; merge states of one configuration")
    state.bits = min(state.bits, other.bits)
    state.codes |= other.codes
    for name, rows in other.rows.items():
        state.rows[name] |= rows
    for name, sums in other.sums.items():
        state.sums[name] = join_groups([*state.sums[name].items(), *sums.items()], state.bits)
    _join_groups(state)


def _join_groups(state: State) -> None:
    """Join groups of clusters, in place, until there are at most `MAX_CLUSTERS`.

    How many bits are left follows from the groups: a group of fewer bits is a union of groups.
    """
    if any(len(sums) > MAX_CLUSTERS for sums in state.sums.values()):
        state.bits = code_bits(chain.from_iterable(state.sums.values()))
        state.sums = {name: join_groups(sums.items(), state.bits) for name, sums in state.sums.items()}


def join_groups(sums: Iterable[tuple[int, Ints]], bits: int) -> dict[int, Ints]:
    """Return the sums of the groups that the last `bits` of the codes name."""
    joined: dict[int, Ints] = {}
    for code, array in sums:
        group = code % (1 << bits)
        joined[group] = joined[group] + array if group in joined else array
    return joined


def _signature(state: State) -> tuple[object, ...]:
    return state.n_heads, state.may_be_undefined, state.rows.keys(), state.sums.keys()


def finalize(state: State) -> Final:
    """Return means, rows in the order of the corpus, and sums of folds.

    Raises:
        InputError: the state has no utterances.
    """
    if not state.codes:
        raise InputError("no utterance was measured; measure at least one")
    order = sorted(state.codes)
    absent = ~_present(state.n_heads)
    rows = {name: np.stack([row_by_index[index] for index in order]) for name, row_by_index in state.rows.items()}
    mean = {name: mean_of_defined(values) for name, values in rows.items()}
    for name, sums in state.sums.items():
        total = np.sum(list(sums.values()), axis=0)
        mean[name] = _mask_absent((total / (UNIT * len(order)))[None], absent)[0]
    cluster_sum = {name: grouped_sums(sums, state.n_heads) for name, sums in state.sums.items()}
    return Final(np.array(order, np.int64), mean, rows, cluster_sum)


def grouped_sums(sums: Mapping[int, Ints], n_heads: Iterable[int]) -> Floats:
    """Return the sums of a statistic with dims `[g, l, h, *dims]`, in the order of the groups' codes.

    Args:
        sums: `[l, h, *dims]` in units of 2^-40 by group, as in `State.sums`.
        n_heads: heads of each layer; heads that a layer lacks are NaN.
    """
    return np.stack([layer_sums(sums, layer, heads) for layer, heads in enumerate(n_heads)], axis=1)


def layer_sums(sums: Mapping[int, Ints], layer: int, heads: int) -> Floats:
    """Return the sums of one layer `[g, h, *dims]`, which has so many heads; see `grouped_sums`."""
    grouped = np.stack([sums[group][layer] for group in sorted(sums)]) / UNIT
    grouped[:, heads:] = np.nan
    return grouped


def to_arrays(state: State) -> dict[str, NDArray[np.generic]]:
    """Return the state as named arrays for `np.savez`; `from_arrays` reads them."""
    order = sorted(state.codes)
    empty = np.zeros((0, len(state.n_heads), max(state.n_heads)))
    arrays: dict[str, Array] = {
        "n_heads": np.array(state.n_heads, np.int64),
        "partial": np.array(sorted(state.may_be_undefined), np.str_),
        "index": np.array(order, np.int64),
        "code": np.array([state.codes[index] for index in order], np.int64),
        "bits": np.array(state.bits),
    }
    for name, rows in state.rows.items():
        arrays[f"rows/{name}"] = np.stack([rows[index] for index in order]) if order else empty
    for name, sums in state.sums.items():
        arrays[f"sums/{name}"] = np.stack([sums[group] for group in sorted(sums)]) if order else empty
    return arrays


def from_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> State:
    """Return the state that `to_arrays` wrote.

    Examples:
        >>> state = init({"weight": ()}, [1])
        >>> update(state, 7, {"weight": np.array([[0.5]])})
        >>> finalize(from_arrays(to_arrays(state))).rows["weight"].tolist()
        [[[0.5]]]
    """
    order, bits = [int(index) for index in arrays["index"]], int(arrays["bits"])
    codes = [int(code) for code in arrays["code"]]
    groups = sorted({code % (1 << bits) for code in codes})
    return State(
        n_heads=tuple(int(count) for count in arrays["n_heads"]),
        may_be_undefined=frozenset(str(name) for name in arrays["partial"]),
        codes=dict(zip(order, codes, strict=True)),
        rows={name: dict(zip(order, rows, strict=True)) for name, rows in _with_prefix(arrays, "rows/")},
        sums={name: dict(zip(groups, sums, strict=True)) for name, sums in _with_prefix(arrays, "sums/")},
        bits=bits,
    )


def _with_prefix(arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> Iterable[tuple[str, NDArray[np.generic]]]:
    return ((key.removeprefix(prefix), array) for key, array in arrays.items() if key.startswith(prefix))


def _present(n_heads: tuple[int, ...]) -> Bools:
    return np.arange(max(n_heads)) < np.array(n_heads)[:, None]


def _mask_absent(values: Floats, absent: Bools) -> Floats:
    values[:, absent] = np.nan
    return values


def mean_of_defined(values: AnyFloats) -> Floats:
    """Return the mean `[l, h]` over the utterances `[u, l, h]` for which the statistic is defined; NaN without any.

    >>> mean_of_defined(np.array([[[1.0, 2.0]], [[np.nan, np.nan]], [[3.0, 4.0]]]))
    array([[2., 3.]])
    """
    defined = values[~np.isnan(values).all(axis=(1, 2))]
    return defined.mean(axis=0) if len(defined) else np.full(values.shape[1:], np.nan)


def _check_finite(name: str, index: int, values: Floats) -> None:
    if not np.isfinite(values).all():
        raise InputError(f"{name} of utterance {index} is not finite; remove the utterance or check the model")


def _check_share(name: str, index: int, values: Floats) -> None:
    if values.min() < -ROUNDING or values.max() > 1 + ROUNDING:
        low, high = values.min(), values.max()
        raise InputError(f"{name} of utterance {index} must be in [0, 1]; found {low:.6g} to {high:.6g}")
