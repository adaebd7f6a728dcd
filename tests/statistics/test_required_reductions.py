"""A statistic receives the reductions that it requires, never None, and no others."""

import pytest
import torch

from otoscope.attention.inputs import AttentionOptions
from otoscope.attention.kernels.torch_tiles import attend
from otoscope.attention.reductions import LABEL_REDUCERS, TILE_REDUCERS, Reductions
from otoscope.statistics import STATISTICS
from otoscope.statistics.required_reductions import RequiredReductions

FIELDS = {*TILE_REDUCERS, *LABEL_REDUCERS, "labels", "value_norm", "attention_outside"}


def computed(*names: str) -> Reductions:
    states = torch.zeros(1, 1, 3, 1)
    _, [reductions] = attend(states, states, states, AttentionOptions(scaling=1.0, needs=names))
    return reductions


def test_every_reduction_has_a_property() -> None:
    properties = {name for name, value in vars(RequiredReductions).items() if isinstance(value, property)}
    assert properties == FIELDS
    assert set(Reductions.__dataclass_fields__) == FIELDS | {"length", "rows"}


def test_required_reductions_are_those_of_the_kernel() -> None:
    reductions = computed("row_max")
    view = RequiredReductions(reductions, {"row_max"})
    assert view.row_max is reductions.row_max
    assert view.length == 3
    assert view.rows.tolist() == [3]


def test_reading_a_reduction_that_is_not_required_is_an_error() -> None:
    view = RequiredReductions(computed("row_max", "column_sum"), {"row_max"})
    with pytest.raises(ValueError, match="reads the reduction 'column_sum'; add it to the statistic's `requires`"):
        view.column_sum  # noqa: B018


def test_a_reduction_that_was_not_computed_is_an_error() -> None:
    with pytest.raises(ValueError, match="the reduction 'row_entropy' was not computed"):
        STATISTICS.get("globalness").compute(computed("row_max"))
