"""States of a corpus merge to the same bits in any order, can be stored and read, and reject invalid values."""

from functools import reduce
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otoscope.errors import InputError
from otoscope.statistics import accumulator
from otoscope.statistics.clusters import MAX_CLUSTERS, Clusters, cluster_code, group_sums

SHAPES = {"weight": (), "offset_profile": (3,)}
HEADS = (2, 1)  # the second layer has one head less


def utterance(index: int) -> dict[str, np.ndarray]:
    """Random values of an utterance: `[layer, head]` and `[layer, head, offset]`, NaN where there is no head."""
    random = np.random.default_rng(index)
    values = {"weight": random.normal(size=(2, 2)), "offset_profile": random.random((2, 2, 3))}
    for array in values.values():
        array[1, 1] = np.nan
    return values


def state_of(indices: list[int]) -> accumulator.State:
    state = accumulator.init(SHAPES, HEADS)
    for index in indices:
        accumulator.update(state, index, utterance(index))
    return state


def assert_same_bits(a: accumulator.State, b: accumulator.State) -> None:
    arrays_a, arrays_b = accumulator.to_arrays(a), accumulator.to_arrays(b)
    assert arrays_a.keys() == arrays_b.keys()
    assert all(arrays_a[name].tobytes() == arrays_b[name].tobytes() for name in arrays_a)


@given(st.lists(st.lists(st.integers(0, 400), max_size=6), min_size=3, max_size=3))
def test_merging_is_associative_and_commutative_to_the_bit(parts: list[list[int]]) -> None:
    used: set[int] = set()
    disjoint = []
    for part in parts:
        disjoint.append(state_of([i for i in dict.fromkeys(part) if i not in used]))
        used.update(part)
    a, b, c = disjoint
    assert_same_bits(accumulator.merge(accumulator.merge(a, b), c), accumulator.merge(a, accumulator.merge(b, c)))
    assert_same_bits(accumulator.merge(a, b), accumulator.merge(b, a))
    assert_same_bits(accumulator.merge(a, accumulator.merge(b, c)), state_of(sorted(used)))


def test_means_are_plain_means_over_utterances() -> None:
    final = accumulator.finalize(state_of(list(range(300))))
    for name in SHAPES:
        plain = np.mean([utterance(i)[name] for i in range(300)], axis=0)
        np.testing.assert_allclose(final.mean[name], plain, atol=2**-40, rtol=1e-14)


def test_rows_are_in_corpus_order_for_any_order_of_updates() -> None:
    final = accumulator.finalize(state_of([5, 131, 2]))
    assert final.index.tolist() == [2, 5, 131]
    np.testing.assert_array_equal(final.rows["weight"][2], utterance(131)["weight"])


def test_array_statistics_are_summed_by_cluster() -> None:
    state = accumulator.init(SHAPES, HEADS)
    for index in range(6):
        accumulator.update(state, index, utterance(index), cluster=f"speaker {index % 2}")
    codes = [cluster_code(f"speaker {number}") for number in range(2)]
    for group, first in enumerate(np.argsort(codes)):
        expected = sum(utterance(index)["offset_profile"] for index in (first, first + 2, first + 4))
        sums = accumulator.finalize(state).cluster_sum["offset_profile"]
        np.testing.assert_allclose(sums[group], expected, atol=2**-40)


def test_many_clusters_are_joined_to_groups_that_do_not_depend_on_how_the_corpus_is_split() -> None:
    whole = accumulator.finalize(state_of(list(range(400))))
    parts = [state_of(list(range(start, start + 100))) for start in (300, 0, 200, 100)]
    merged = accumulator.finalize(reduce(accumulator.merge, parts))
    sums = whole.cluster_sum["offset_profile"]
    assert MAX_CLUSTERS / 2 < len(sums) <= MAX_CLUSTERS
    assert sums.tobytes() == merged.cluster_sum["offset_profile"].tobytes()
    clusters = Clusters(tuple(f"utterance {index}" for index in range(400)), "utterance")
    plain = group_sums(np.stack([utterance(index)["offset_profile"] for index in range(400)]), clusters)
    np.testing.assert_allclose(sums, plain, atol=2**-30)


def test_absent_heads_are_nan_and_no_others() -> None:
    final = accumulator.finalize(state_of([0, 1]))
    arrays = (
        final.mean["weight"],
        final.mean["offset_profile"][..., 0],
        final.cluster_sum["offset_profile"][1, ..., 0],
    )
    for array in arrays:
        assert np.isnan(array).tolist() == [[False, False], [False, True]]


def test_a_stored_state_is_read_to_the_same_bits(tmp_path: Path) -> None:
    before = state_of([9, 4])
    np.savez(tmp_path / "shard.npz", **accumulator.to_arrays(before))
    with np.load(tmp_path / "shard.npz", allow_pickle=False) as shard:
        after = accumulator.from_arrays(dict(shard))
    assert_same_bits(before, after)
    assert_same_bits(accumulator.merge(after, state_of([7])), state_of([4, 7, 9]))


def test_an_empty_state_can_be_stored_and_changes_nothing() -> None:
    empty = accumulator.from_arrays(accumulator.to_arrays(accumulator.init(SHAPES, HEADS)))
    assert_same_bits(accumulator.merge(empty, state_of([1])), state_of([1]))


def test_array_statistics_do_not_grow_with_the_corpus() -> None:
    sizes = [accumulator.to_arrays(state_of(list(range(n))))["sums/offset_profile"].nbytes for n in (2, 128, 500)]
    assert sizes[1] == 64 * sizes[0]
    assert sizes[2] <= sizes[1]


def broken(name: str, value: float) -> dict[str, np.ndarray]:
    values = utterance(0)
    values[name][0, 1] = value
    return values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (broken("weight", np.nan), "weight of utterance 8 is not finite"),
        (broken("offset_profile", np.inf), "offset_profile of utterance 8 is not finite"),
        (broken("offset_profile", 1.5), "must be in"),
        (broken("offset_profile", -0.5), "must be in"),
    ],
)
def test_invalid_values_raise_and_do_not_change_the_state(values: dict[str, np.ndarray], message: str) -> None:
    state = state_of([1])
    with pytest.raises(InputError, match=message):
        accumulator.update(state, 8, values)
    assert_same_bits(state, state_of([1]))


def test_means_exclude_utterances_for_which_a_statistic_is_undefined(tmp_path: Path) -> None:
    state = accumulator.init({"weight": (), "silent": ()}, HEADS, may_be_undefined={"silent"})
    undefined = {"weight": utterance(1)["weight"], "silent": np.full((2, 2), np.nan)}
    accumulator.update(state, 0, {name: utterance(0)["weight"] for name in ("weight", "silent")})
    accumulator.update(state, 1, undefined)
    final = accumulator.finalize(accumulator.from_arrays(accumulator.to_arrays(state)))
    np.testing.assert_array_equal(final.mean["silent"], utterance(0)["weight"])
    assert np.isnan(final.rows["silent"][1]).all()
    with pytest.raises(InputError, match="silent of utterance 2 is not finite"):
        accumulator.update(state, 2, undefined | {"silent": broken("weight", np.nan)["weight"]})
    with pytest.raises(InputError, match="weight of utterance 2 is not finite"):
        accumulator.update(state, 2, {"weight": undefined["silent"], "silent": undefined["silent"]})


def test_an_utterance_counts_once() -> None:
    with pytest.raises(InputError, match="utterance 4 was added before"):
        state_of([4, 4])
    with pytest.raises(InputError, match="utterance 4 is in both states"):
        accumulator.merge(state_of([4, 5]), state_of([3, 4]))


def test_states_of_different_models_do_not_merge() -> None:
    with pytest.raises(InputError, match="different heads or statistics"):
        accumulator.merge(state_of([0]), accumulator.init(SHAPES, [2, 2]))
    with pytest.raises(InputError, match="different heads or statistics"):
        accumulator.merge(state_of([0]), accumulator.init({"weight": ()}, HEADS))


def test_an_empty_corpus_has_no_result() -> None:
    with pytest.raises(InputError, match="no utterance was measured"):
        accumulator.finalize(accumulator.init(SHAPES, HEADS))
