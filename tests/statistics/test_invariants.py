"""Every statistic keeps every invariant; a new statistic is tested without a change of this file."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers import statistics_invariants as invariants

from otoscope.attention.reduction_names import VALUE_NORM
from otoscope.statistics import Statistic, available_statistics

pytestmark = pytest.mark.slow

STATISTICS = available_statistics(invariants.PHONES, {VALUE_NORM})

every_statistic = pytest.mark.parametrize("statistic", STATISTICS.values(), ids=STATISTICS)


@every_statistic
def test_describes_itself(statistic: Statistic) -> None:
    invariants.check_described(statistic)


@every_statistic
def test_equals_its_reference_on_full_maps(statistic: Statistic) -> None:
    largest = invariants.check_exact(statistic)
    print(
        f"{statistic.name}: largest relative difference {largest[torch.float64]:.1e} in float64, "
        f"{largest[torch.float32]:.1e} in float32, over {len(invariants.cases())} maps x {invariants.HEADS} heads"
    )


@every_statistic
def test_is_finite_and_in_its_range(statistic: Statistic) -> None:
    invariants.check_values(statistic)


@every_statistic
def test_heads_do_not_see_each_other(statistic: Statistic) -> None:
    invariants.check_heads_are_independent(statistic)


@every_statistic
def test_padding_changes_nothing(statistic: Statistic) -> None:
    invariants.check_padding(statistic)


shards_of_twelve = st.permutations(range(12)).flatmap(
    lambda order: st.lists(st.integers(1, 11), unique=True, max_size=5).map(
        lambda cuts: [list(order[a:b]) for a, b in zip([0, *sorted(cuts)], [*sorted(cuts), 12], strict=True)]
    )
)


@every_statistic
@settings(max_examples=20)
@given(shards=shards_of_twelve)
def test_sharding_changes_nothing(statistic: Statistic, shards: list[list[int]]) -> None:
    invariants.check_merging(statistic, shards)
