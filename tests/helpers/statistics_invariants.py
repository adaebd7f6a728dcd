"""The invariants of every head statistic, as checks that receive the statistic."""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
import torch

from otoscope.attention.inputs import AttentionOptions
from otoscope.attention.kernels.torch_tiles import attend
from otoscope.attention.labels import Labels
from otoscope.attention.reduction_names import REQUIRES_LABELS, VALUE_NORM
from otoscope.attention.reductions import TILE_REDUCERS, Reductions
from otoscope.attention.value_norms import value_norms
from otoscope.statistics import accumulator
from otoscope.statistics.compute import compute_statistics
from otoscope.statistics.reference import attention_map
from otoscope.statistics.statistic import Statistic

HEADS = 2
PHONES = ("sil", "aa", "s", "zz")  # the last one never occurs
REPEAT = 2  # label frames in a frame
LENGTHS = (1, 2, 3, 127, 128, 129, 300)  # around the kernel's tile of 128 queries
SPANS = ({}, {"radius": 5}, {"radius": 5, "renormalise": False}, {"radius": 0})
# Float32 scores of the sharpest maps here reach 72, rounded to 72 * 2^-24 = 4e-6; a row's entropy turns that into
# 4e-6 * |ln A| = 3e-5 of itself, whichever way it is computed from such scores.
TOLERANCE = {torch.float64: 1e-12, torch.float32: 5e-5}


class Case(NamedTuple):
    """Queries and keys `[1, H, T, d]` and options of `attend`."""

    query: torch.Tensor
    key: torch.Tensor
    options: dict


def as_stored(*tensors: torch.Tensor) -> list[torch.Tensor]:
    """Float64 tensors of float32 numbers, so that either precision starts from the same input."""
    return [tensor.float().double() for tensor in tensors]


def flat(T: int) -> tuple[torch.Tensor, torch.Tensor]:
    return 0.1 * noise(T), 0.1 * noise(T)


def peaky(T: int) -> tuple[torch.Tensor, torch.Tensor]:
    return 3 * noise(T), 3 * noise(T)


def sharp_diagonal(T: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Positions as sinusoids; keys are shifted by two frames, so that heads look two frames ahead."""
    angle = torch.arange(T, dtype=torch.float64)[:, None] * torch.logspace(-2, 0, 4, dtype=torch.float64)
    position = 6 * torch.cat([angle.cos(), angle.sin()], dim=1).expand(1, HEADS, T, 8)
    return position, position.roll(2, dims=2)


def noise(T: int) -> torch.Tensor:
    return torch.randn(1, HEADS, T, 8, generator=torch.Generator().manual_seed(T), dtype=torch.float64)


def forbidding_bias(T: int) -> torch.Tensor:
    """A relative bias in which some keys are forbidden, and from four frames on one query's keys all are."""
    bias = torch.randn(1, HEADS, T, T, generator=torch.Generator().manual_seed(T + 1), dtype=torch.float64)
    if T > 3:
        bias[..., 0] = -math.inf
        bias[0, 1, T // 2] = -math.inf
    return bias


@cache
def labels(T: int) -> Labels:
    """Runs of one to eight label frames; some have no phone, in an utterance of one frame none does."""
    random = np.random.default_rng(T)
    runs = random.integers(-1, len(PHONES) - 1, T * REPEAT).repeat(random.integers(1, 9, T * REPEAT))
    phone = runs[: T * REPEAT].reshape(T, REPEAT) if T > 1 else np.full((1, REPEAT), -1)
    return Labels(torch.from_numpy(phone), len(PHONES))


@cache
def cases() -> list[Case]:
    grid = product(LENGTHS, (flat, peaky, sharp_diagonal), SPANS, (False, True))
    return [
        Case(*as_stored(*kind(T)), span | ({"bias": as_stored(forbidding_bias(T))[0]} if biased else {}))
        for T, kind, span, biased in grid
    ]


@cache
def maps(case: int) -> list[np.ndarray]:
    """The oracle's attention maps of a case, one per head."""
    query, key, options = cases()[case]
    bias = options.get("bias")
    rest = {name: value for name, value in options.items() if name != "bias"}
    return [
        attention_map(query[0, h], key[0, h], scaling=0.5, bias=None if bias is None else bias[0, h], **rest)
        for h in range(HEADS)
    ]


def measured(
    statistic: Statistic, case: Case, dtype: torch.dtype = torch.float64, weight_hdo: torch.Tensor | None = None
) -> np.ndarray:
    """The statistic `[H, *dims]` by the fast path, from nothing but the reductions it says it needs."""
    query, key = case.query.to(dtype), case.key.to(dtype)
    options = case.options | ({"bias": case.options["bias"].to(dtype)} if "bias" in case.options else {})
    spoken, needs = [labels(query.shape[2])], statistic.requires - {VALUE_NORM}
    _, [reductions] = attend(query, key, key, AttentionOptions(scaling=0.5, needs=needs, labels=spoken, **options))
    return value_of(statistic, reductions, key[0], weight_hdo)


VALUES: dict[int, tuple[Statistic, list[np.ndarray]]] = {}
"""By the id of a statistic, which lives as long as its entry: the statistic and its value of every case."""


def values(statistic: Statistic) -> list[np.ndarray]:
    """The statistic `[H, *dims]` of every case in float64, measured once for all checks."""
    if id(statistic) not in VALUES:
        VALUES[id(statistic)] = statistic, [measured(statistic, case) for case in cases()]
    return VALUES[id(statistic)][1]


def value_of(
    statistic: Statistic, reductions: Reductions, value_hkd: torch.Tensor, weight_hdo: torch.Tensor | None = None
) -> np.ndarray:
    """The statistic `[H, *dims]` from reductions, and the norms of values where it needs them."""
    if VALUE_NORM in statistic.requires:
        weight_hdo = output() if weight_hdo is None else weight_hdo
        reductions = replace(reductions, value_norm=value_norms(value_hkd, weight_hdo.to(value_hkd)))
    return compute_statistics({statistic.name: statistic}, [reductions])[statistic.name][0]


@cache
def output() -> torch.Tensor:
    """Projection of the heads `[H, d, o]`: one head's has fewer dimensions than features, another's gives nothing."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(HEADS, 8, 12, generator=generator, dtype=torch.float64)
    weight[1, 4:] = 0
    return as_stored(weight)[0]


def by_definition(statistic: Statistic, A: np.ndarray, projected_to: np.ndarray) -> np.ndarray:
    """The statistic of one map by its slow reference, and of the head's values `[T, o]` where it takes them."""
    spoken = labels(len(A))
    arguments = (spoken.phone_tr.numpy(), PHONES) if statistic.requires_phones else ()
    if VALUE_NORM in statistic.requires:
        arguments = (projected_to,)
    return np.asarray(statistic.reference(A, *arguments))


def difference(fast: np.ndarray, slow: np.ndarray) -> float:
    """Largest difference relative to the slow value's size (to 0.001 where that is smaller); none where undefined."""
    if np.isnan(fast).all() and np.isnan(slow).all():
        return 0.0
    return float(np.abs(fast - slow).max() / max(np.abs(slow).max(), 1e-3))


def differences(statistic: Statistic) -> Iterator[dict[torch.dtype, float]]:
    """Differences of the fast path from the reference for each head of each case, in each number format."""
    for number, (case, exact) in enumerate(zip(cases(), values(statistic), strict=True)):
        fast = {torch.float64: exact, torch.float32: measured(statistic, case, torch.float32)}
        projected_hto = (case.key[0] @ output()).numpy()
        for h, A in enumerate(maps(number)):
            expected = by_definition(statistic, A, projected_hto[h])
            yield {dtype: difference(value[h], expected) for dtype, value in fast.items()}


def check_described(statistic: Statistic) -> None:
    assert statistic.name.isidentifier()
    assert all((statistic.doc, statistic.units, statistic.source))
    assert statistic.requires
    assert statistic.requires <= {*TILE_REDUCERS, *REQUIRES_LABELS, VALUE_NORM}
    assert set(statistic.coords) == set(statistic.dims)


def check_exact(statistic: Statistic) -> dict[torch.dtype, float]:
    every = list(differences(statistic))
    largest = {dtype: max(each[dtype] for each in every) for dtype in TOLERANCE}
    for dtype, tolerance in TOLERANCE.items():
        assert largest[dtype] <= tolerance, (
            f"{statistic.name} in {dtype} differs from its reference by {largest[dtype]}"
        )
    return largest


def check_values(statistic: Statistic) -> None:
    """Finite for every map (or undefined for all heads), of the declared shape, in [0, 1] where there are dims."""
    for value in values(statistic):
        assert value.shape == (HEADS, *statistic.shape)
        assert np.isfinite(value).all() or (statistic.may_be_undefined and np.isnan(value).all())
        if statistic.dims:
            assert value.min() >= 0
            assert value.max() <= 1 + 1e-12


def check_heads_are_independent(statistic: Statistic) -> None:
    """Heads in another order give the same values in that order."""
    for case, value in zip(cases(), values(statistic), strict=True):
        turned = Case(case.query.flip(1), case.key.flip(1), dict(case.options))
        if "bias" in turned.options:
            turned.options["bias"] = turned.options["bias"].flip(1)
        other_way = measured(statistic, turned, weight_hdo=output().flip(0))[::-1]
        np.testing.assert_allclose(other_way, value, rtol=1e-12, atol=1e-15)


def check_padding(statistic: Statistic) -> None:
    """Utterances padded together, with rubbish in the padding, measure to the bit what they measure alone."""
    lengths = (300, 1, 129, 17)
    alone = [Case(*peaky(T), {}) for T in lengths]
    query, key = (torch.full((len(lengths), HEADS, max(lengths), 8), math.nan) for _ in range(2))
    for b, (T, case) in enumerate(zip(lengths, alone, strict=True)):
        query[b, :, :T], key[b, :, :T] = case.query[0], case.key[0]
    spoken = [labels(T) for T in lengths]
    needs = statistic.requires - {VALUE_NORM}
    _, padded = attend(query, key, key, AttentionOptions(scaling=0.5, lengths=lengths, needs=needs, labels=spoken))
    for reductions, case in zip(padded, alone, strict=True):
        together = value_of(statistic, reductions, case.key[0].float())
        np.testing.assert_array_equal(together, measured(statistic, case, torch.float32))


def check_merging(statistic: Statistic, shards: list[list[int]]) -> None:
    """However a corpus is cut into shards, and in whichever order they merge, the state is the whole's to the bit."""
    whole = counted(statistic, sorted(index for shard in shards for index in shard))
    parts = [counted(statistic, shard) for shard in shards]
    left, right = parts[0], parts[-1]
    for part in parts[1:]:
        left = accumulator.merge(left, part)
    for part in reversed(parts[:-1]):
        right = accumulator.merge(part, right)
    for merged in (left, right):
        for name, array in accumulator.to_arrays(whole).items():
            assert accumulator.to_arrays(merged)[name].tobytes() == array.tobytes()
        assert (
            accumulator.finalize(merged).mean[statistic.name].tobytes()
            == accumulator.finalize(whole).mean[statistic.name].tobytes()
        )


def counted(statistic: Statistic, indices: list[int]) -> accumulator.State:
    """The state of a small corpus in which utterance i is case i."""
    undefined = [statistic.name] if statistic.may_be_undefined else []
    state = accumulator.init({statistic.name: statistic.shape}, [HEADS], undefined)
    for index in indices:
        accumulator.update(state, index, {statistic.name: values(statistic)[index][None]})
    return state


def check_invariants(statistic: Statistic) -> None:
    """Check every invariant, for a statistic that is not part of the package."""
    check_described(statistic)
    check_exact(statistic)
    check_values(statistic)
    check_heads_are_independent(statistic)
    check_padding(statistic)
    check_merging(statistic, [[3, 140], [12], [0, 1, 2]])
