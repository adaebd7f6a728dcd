"""The Triton kernels against the tiles in float64; `test_triton.py` runs this file in an interpreter."""

import pytest
import torch
from tests.helpers import statistics_invariants as invariants

from otoscope.attention.inputs import AttentionInputs, AttentionOptions, SpanLimits
from otoscope.attention.kernels.torch_tiles import attend, attend_in_tiles, select_kernel
from otoscope.attention.kernels.triton_attention import SUPPORTED_REDUCTIONS, attend_fused, supports_inputs
from otoscope.attention.reductions import LABEL_REDUCERS, TILE_REDUCERS, Reductions

NEEDS = frozenset({*TILE_REDUCERS, *LABEL_REDUCERS})
SQUARE = 16  # several squares at few frames
LENGTHS = (1, 16, 37)
TOLERANCE = 5e-5  # that of the tiles in float32; only the context has the precision of the inputs
CONTEXT = {torch.float32: 5e-6, torch.bfloat16: 1e-2, torch.float16: 1e-3}


def states(T: int, dtype: torch.dtype) -> list[torch.Tensor]:
    """Queries, keys and values `[1, H, T, d]` as models pass them: heads and frames transposed in memory."""
    query, key = invariants.peaky(T)
    value = invariants.noise(T + 1)[:, :, :T]
    return [x.to(dtype).transpose(1, 2).contiguous().transpose(1, 2) for x in (query, key, value)]


def in_squares(length: int, inputs: list[torch.Tensor], out: torch.Tensor, needs: frozenset[str] = NEEDS) -> Reductions:
    query, key, value = (x[0, :, :length] for x in inputs)
    call = AttentionInputs(query, key, value, 0.5, None, SpanLimits(length, length), invariants.labels(length))
    assert supports_inputs(call)
    assert needs <= SUPPORTED_REDUCTIONS
    return attend_fused(call, needs, out, square=SQUARE)


@pytest.mark.parametrize("dtype", CONTEXT, ids=str)
def test_context_and_reductions_equal_those_of_the_tiles(dtype: torch.dtype) -> None:
    for T in LENGTHS:
        inputs = states(T, dtype)
        out = torch.full((T, invariants.HEADS, 8), torch.nan, dtype=dtype)
        reductions = in_squares(T, inputs, out)
        exact = [x.double() for x in inputs]
        context, [expected] = attend(*exact, AttentionOptions(scaling=0.5, needs=NEEDS, labels=[invariants.labels(T)]))
        assert invariants.difference(out.double().numpy(), context[0].numpy()) <= CONTEXT[dtype]
        assert reductions.rows.tolist() == expected.rows.tolist()
        for name in NEEDS:
            difference = invariants.difference(
                getattr(reductions, name).double().numpy(), getattr(expected, name).numpy()
            )
            print(f"{dtype} T {T} {name}: {difference:.1e}")
            assert difference <= TOLERANCE, name


def test_padding_is_never_read_and_its_context_is_zero() -> None:
    inputs = states(37, torch.float32)
    for x in inputs:
        x[:, :, 21:] = torch.nan
    padded, alone = (
        torch.full((37, invariants.HEADS, 8), torch.nan),
        torch.empty(21, invariants.HEADS, 8),
    )
    reductions = in_squares(21, inputs, padded)
    expected = in_squares(21, [x[:, :, :21].contiguous() for x in inputs], alone)
    assert padded[21:].abs().max() == 0
    assert torch.equal(padded[:21], alone)
    assert all(torch.equal(getattr(reductions, name), getattr(expected, name)) for name in NEEDS)


def test_only_requested_reductions_are_computed() -> None:
    reductions = in_squares(16, states(16, torch.float32), torch.empty(16, 2, 8), frozenset({"column_sum"}))
    assert [name for name in NEEDS if getattr(reductions, name) is not None] == ["column_sum"]


@pytest.mark.filterwarnings("ignore:All-NaN", "ignore:invalid value")
def test_nan_states_give_nan_reductions() -> None:
    inputs = states(16, torch.float32)
    inputs[0][0, 0, 2] = torch.nan
    reductions = in_squares(16, inputs, torch.empty(16, 2, 8), frozenset(TILE_REDUCERS))
    assert all(getattr(reductions, name)[0].isnan().any() for name in TILE_REDUCERS)


def test_unsupported_calls_are_left_to_the_tiles() -> None:
    x = torch.zeros(2, 9, 8)
    whole = SpanLimits(9, 9)
    assert supports_inputs(AttentionInputs(x, x, x, 1.0, None, whole, None))
    assert not supports_inputs(AttentionInputs(x, x, x, 1.0, torch.zeros(2, 9, 9), whole, None))
    assert not supports_inputs(AttentionInputs(x, x, x, 1.0, None, SpanLimits(4, 9), None))
    assert not supports_inputs(AttentionInputs(x, x, x, 1.0, None, SpanLimits(9, 4), None))
    assert not supports_inputs(AttentionInputs(x.double(), x.double(), x.double(), 1.0, None, whole, None))
    assert not supports_inputs(AttentionInputs(x[:0], x[:0], x[:0], 1.0, None, whole, None))


class TensorOnGpu(torch.Tensor):
    """A tensor in main memory that reports a CUDA device."""

    @property
    def device(self) -> torch.device:
        return torch.device("cuda")


def test_an_unsupported_reduction_is_reported() -> None:
    x = torch.zeros(2, 9, 8).as_subclass(TensorOnGpu)
    inputs = AttentionInputs(x, x, x, 1.0, None, SpanLimits(9, 9), None)
    assert select_kernel(inputs, NEEDS) is attend_fused
    with pytest.warns(RuntimeWarning, match="does not compute another; otoscope uses the slower torch kernel"):
        assert select_kernel(inputs, NEEDS | {"another"}) is attend_in_tiles
