"""Triton's two passes against the tiles in float64; collected by `test_statistics_fused.py`, in an interpreter."""

import pytest
import torch
from tests.helpers import statistics_invariants as laws

from otoscope.attention.inputs import AttentionInputs, SpanLimits
from otoscope.attention.kernels.tiled import attend
from otoscope.attention.kernels.triton_attention import attend_fused, supports
from otoscope.attention.reductions import LABEL_REDUCERS, TILE_REDUCERS, Reductions

NEEDS = frozenset({*TILE_REDUCERS, *LABEL_REDUCERS})
SQUARE = 16  # several squares at few frames
LENGTHS = (1, 16, 37)
TOLERANCE = 5e-5  # that of the tiles in float32, whatever the inputs are: the context alone is as coarse as they
CONTEXT = {torch.float32: 5e-6, torch.bfloat16: 1e-2, torch.float16: 1e-3}


def states(T: int, dtype: torch.dtype) -> list[torch.Tensor]:
    """Queries, keys and values `[1, H, T, d]` as models hand them over: heads and frames transposed in memory."""
    query, key = laws.peaky(T)
    value = laws.noise(T + 1)[:, :, :T]
    return [x.to(dtype).transpose(1, 2).contiguous().transpose(1, 2) for x in (query, key, value)]


def in_squares(length: int, inputs: list[torch.Tensor], out: torch.Tensor, needs: frozenset[str] = NEEDS) -> Reductions:
    query, key, value = (x[0, :, :length] for x in inputs)
    layer = AttentionInputs(query, key, value, 0.5, None, SpanLimits(length, length), laws.labels(length))
    assert supports(layer, needs)
    return attend_fused(layer, needs, out, square=SQUARE)


@pytest.mark.parametrize("dtype", CONTEXT, ids=str)
def test_context_and_reductions_equal_those_of_the_tiles(dtype: torch.dtype) -> None:
    for T in LENGTHS:
        inputs = states(T, dtype)
        out = torch.full((T, laws.HEADS, 8), torch.nan, dtype=dtype)
        found = in_squares(T, inputs, out)
        exact = [x.double() for x in inputs]
        context, [expected] = attend(*exact, scaling=0.5, needs=NEEDS, labels=[laws.labels(T)])
        assert laws.difference(out.double().numpy(), context[0].numpy()) <= CONTEXT[dtype]
        assert found.rows.tolist() == expected.rows.tolist()
        for need in NEEDS:
            difference = laws.difference(getattr(found, need).double().numpy(), getattr(expected, need).numpy())
            print(f"{dtype} T {T} {need}: {difference:.1e}")
            assert difference <= TOLERANCE, need


def test_padding_is_never_read_and_its_context_is_zero() -> None:
    inputs = states(37, torch.float32)
    for x in inputs:
        x[:, :, 21:] = torch.nan
    padded, alone = torch.full((37, laws.HEADS, 8), torch.nan), torch.empty(21, laws.HEADS, 8)
    found = in_squares(21, inputs, padded)
    expected = in_squares(21, [x[:, :, :21].contiguous() for x in inputs], alone)
    assert padded[21:].abs().max() == 0
    assert torch.equal(padded[:21], alone)
    assert all(torch.equal(getattr(found, need), getattr(expected, need)) for need in NEEDS)


def test_only_what_is_needed_is_given() -> None:
    found = in_squares(16, states(16, torch.float32), torch.empty(16, 2, 8), frozenset({"column_sum"}))
    assert [need for need in NEEDS if getattr(found, need) is not None] == ["column_sum"]


@pytest.mark.filterwarnings("ignore:All-NaN", "ignore:invalid value")
def test_a_broken_model_is_not_hidden() -> None:
    inputs = states(16, torch.float32)
    inputs[0][0, 0, 2] = torch.nan
    found = in_squares(16, inputs, torch.empty(16, 2, 8), frozenset(TILE_REDUCERS))
    assert all(getattr(found, need)[0].isnan().any() for need in TILE_REDUCERS)


def test_what_the_passes_do_not_know_is_left_to_the_tiles() -> None:
    x = torch.zeros(2, 9, 8)
    plain = AttentionInputs(x, x, x, 1.0, None, SpanLimits(9, 9), None)
    assert supports(plain, NEEDS)
    assert not supports(AttentionInputs(x, x, x, 1.0, torch.zeros(2, 9, 9), SpanLimits(9, 9), None), NEEDS)
    assert not supports(AttentionInputs(x, x, x, 1.0, None, SpanLimits(4, 9), None), NEEDS)
    assert not supports(AttentionInputs(x, x, x, 1.0, None, SpanLimits(9, 4), None), NEEDS)
    assert not supports(AttentionInputs(x.double(), x.double(), x.double(), 1.0, None, SpanLimits(9, 9), None), NEEDS)
    assert not supports(AttentionInputs(x[:0], x[:0], x[:0], 1.0, None, SpanLimits(9, 9), None), NEEDS)
    assert not supports(plain, NEEDS | {"another"})
