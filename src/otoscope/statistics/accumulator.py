"""Statistics over a corpus: utterances are added one by one, states merge in any order to the same bits.

Every statistic is a plain mean over utterances. Scalars are kept as rows, one per utterance. Statistics with dims lie
in [0, 1] and are summed per fold (utterance i in fold i mod `FOLDS`) as whole numbers of 2^-40, so that sums do not
depend on their order and do not grow with the corpus. Needs no torch.

Axes: u utterance, l layer, h head (up to the largest count; heads that a layer lacks are NaN), f fold.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from otoscope.errors import InputError

FOLDS = 128
UNIT = 2.0**40
ROUNDING = 1e-4  # how far outside [0, 1] float rounding may take a value

Array = NDArray[np.float64]


@dataclass(eq=False)
class State:
    """A corpus so far: `rows[name][index] [l, h]` of scalars, `sums[name] [f, l, h, *dims]` of the others in 2^-40.

    Scalars that are `partial` may be undefined for an utterance: NaN for all its heads.
    """

    n_heads: tuple[int, ...]
    partial: frozenset[str] = frozenset()
    indices: set[int] = field(default_factory=set)
    rows: dict[str, dict[int, Array]] = field(default_factory=dict)
    sums: dict[str, NDArray[np.int64]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Final:
    """A corpus's statistics, utterances in order of `index [u]`; `fold_count [f]` utterances went into each fold.

    `mean[name] [l, h, *dims]`; `rows[name] [u, l, h]` of scalars; `fold_sum[name] [f, l, h, *dims]` of the others.
    """

    index: NDArray[np.int64]
    fold_count: NDArray[np.int64]
    mean: dict[str, Array]
    rows: dict[str, Array]
    fold_sum: dict[str, Array]


def init(shapes: Mapping[str, tuple[int, ...]], n_heads: Iterable[int], partial: Iterable[str] = frozenset()) -> State:
    """A state that has seen nothing: the shape of each statistic (`Statistic.shape`), the heads of each layer.

    >>> init({"weight": ()}, [12, 12]).n_heads
    (12, 12)
    """
    heads = tuple(n_heads)
    state = State(heads, frozenset(partial))
    for name, shape in shapes.items():
        if shape:
            state.sums[name] = np.zeros((FOLDS, len(heads), max(heads), *shape), np.int64)
        else:
            state.rows[name] = {}
    return state


def update(state: State, index: int, values: Mapping[str, Array]) -> None:
    """Add one utterance, in place: its place in the corpus and each statistic's `[l, h, *dims]` (see `compute_statistics`).

    Raises `InputError` for an utterance that is already in, a value that is not finite (but of a partial statistic that
    is undefined for all heads), or one outside [0, 1] where the statistic has dims.
    """
    if index in state.indices:
        raise InputError(f"utterance {index} is in the state already; add each utterance once")
    present = _present(state.n_heads)
    for name, value in values.items():
        if name not in state.partial or not np.isnan(value[present]).all():
            _check_finite(name, index, value[present])
    for name in state.sums:
        _check_share(name, index, values[name][present])
    state.indices.add(index)
    for name, rows in state.rows.items():
        rows[index] = np.asarray(values[name], np.float64)
    for name, sums in state.sums.items():
        sums[index % FOLDS] += np.rint(np.nan_to_num(values[name], nan=0.0) * UNIT).astype(np.int64)


def merge(a: State, b: State) -> State:
    """The state of both parts of a corpus together; the order of parts and of merging makes no difference.

    Raises `InputError` where the parts share an utterance or measure different heads or statistics.
    """
    shared = a.indices & b.indices
    if shared:
        raise InputError(f"utterance {min(shared)} is in both states; merge parts of the corpus that do not overlap")
    if (a.n_heads, a.partial, a.rows.keys(), a.sums.keys()) != (b.n_heads, b.partial, b.rows.keys(), b.sums.keys()):
        raise InputError("the states measure different heads or statistics; merge states of one model and one plan")
    return State(
        n_heads=a.n_heads,
        partial=a.partial,
        indices=a.indices | b.indices,
        rows={name: a.rows[name] | b.rows[name] for name in a.rows},
        sums={name: a.sums[name] + b.sums[name] for name in a.sums},
    )


def finalize(state: State) -> Final:
    """Means, rows in corpus order, and fold sums. Raises `InputError` for a state without utterances."""
    if not state.indices:
        raise InputError("no utterance was measured; give at least one")
    order = sorted(state.indices)
    absent = ~_present(state.n_heads)
    rows = {name: np.stack([kept[index] for index in order]) for name, kept in state.rows.items()}
    mean = {name: _mean(values) for name, values in rows.items()}
    fold_sum = {name: _mask_absent(sums / UNIT, absent) for name, sums in state.sums.items()}
    for name, sums in state.sums.items():
        mean[name] = _mask_absent((sums.sum(axis=0) / (UNIT * len(order)))[None], absent)[0]
    index = np.array(order, np.int64)
    return Final(index, np.bincount(index % FOLDS, minlength=FOLDS), mean, rows, fold_sum)


def to_arrays(state: State) -> dict[str, NDArray[np.generic]]:
    """The state as named arrays, for `np.savez`, of folds that are not empty; `from_arrays` is the way back."""
    order = sorted(state.indices)
    empty = np.zeros((0, len(state.n_heads), max(state.n_heads)))
    arrays: dict[str, NDArray[Any]] = {
        "n_heads": np.array(state.n_heads, np.int64),
        "partial": np.array(sorted(state.partial), np.str_),
        "index": np.array(order, np.int64),
    }
    for name, rows in state.rows.items():
        arrays[f"rows/{name}"] = np.stack([rows[index] for index in order]) if order else empty
    filled = np.unique(arrays["index"] % FOLDS)
    return arrays | {f"sums/{name}": sums[filled] for name, sums in state.sums.items()}


def from_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> State:
    """The state that `to_arrays` wrote.

    >>> state = init({"weight": ()}, [1])
    >>> update(state, 7, {"weight": np.array([[0.5]])})
    >>> finalize(from_arrays(to_arrays(state))).rows["weight"].tolist()
    [[[0.5]]]
    """
    order = [int(index) for index in arrays["index"]]
    filled = np.unique(np.array(order, np.int64) % FOLDS)
    return State(
        n_heads=tuple(int(count) for count in arrays["n_heads"]),
        partial=frozenset(str(name) for name in arrays["partial"]),
        indices=set(order),
        rows={name: dict(zip(order, rows, strict=True)) for name, rows in _named(arrays, "rows/")},
        sums={name: _all_folds(sums, filled) for name, sums in _named(arrays, "sums/")},
    )


def _all_folds(sums: NDArray[np.generic], filled: NDArray[np.int64]) -> NDArray[np.int64]:
    every = np.zeros((FOLDS, *sums.shape[1:]), np.int64)
    every[filled] = sums
    return every


def _named(arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> Iterable[tuple[str, NDArray[np.generic]]]:
    return ((key.removeprefix(prefix), array) for key, array in arrays.items() if key.startswith(prefix))


def _present(n_heads: tuple[int, ...]) -> NDArray[np.bool_]:
    return np.arange(max(n_heads)) < np.array(n_heads)[:, None]


def _mask_absent(values: Array, absent: NDArray[np.bool_]) -> Array:
    values[:, absent] = np.nan
    return values


def _mean(values: Array) -> Array:
    """Mean `[l, h]` over the utterances `[u, l, h]` for which the statistic is defined; NaN where for none."""
    defined = values[~np.isnan(values).all(axis=(1, 2))]
    return defined.mean(axis=0) if len(defined) else np.full(values.shape[1:], np.nan)


def _check_finite(name: str, index: int, values: Array) -> None:
    if not np.isfinite(values).all():
        raise InputError(f"{name} of utterance {index} is not finite; leave the utterance out or check the model")


def _check_share(name: str, index: int, values: Array) -> None:
    if values.min() < -ROUNDING or values.max() > 1 + ROUNDING:
        low, high = values.min(), values.max()
        raise InputError(f"{name} of utterance {index} must lie in [0, 1]; got {low:.6g} to {high:.6g}")
