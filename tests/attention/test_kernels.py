"""The torch kernel's context and reductions equal those of whole maps; invalid input raises."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tests.helpers import statistics_invariants

from otoscope.attention.inputs import AttentionOptions
from otoscope.attention.kernels.torch_tiles import attend
from otoscope.attention.reductions import TILE_REDUCERS
from otoscope.errors import InputError
from otoscope.statistics.reference import distance


def qkv(B: int, H: int, T: int, d: int = 8, dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(T)
    return [torch.randn(B, H, T, d, generator=generator, dtype=torch.float64).to(dtype) for _ in range(3)]


def direct(A: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the reductions of one map by their definitions."""
    T = len(A)
    farthest = np.maximum(distance(T).max(axis=1, keepdims=True), 1)
    log_A = np.log(A, where=A > 0, out=np.zeros_like(A))
    return {
        "row_entropy": -(A * log_A).sum(1),
        "row_max": A.max(1),
        "column_sum": A.sum(0),
        "offset_histogram": np.array([np.trace(A, offset=d) for d in range(1 - T, T)]),
        "scaled_histogram": np.array([np.trace(A / farthest, offset=d) for d in range(1 - T, T)]),
    }


def test_reductions_and_context_equal_those_of_whole_maps() -> None:
    for number, (query, key, options) in enumerate(statistics_invariants.cases()):
        context, [reductions] = attend(
            query, key, key, AttentionOptions(scaling=0.5, needs=set(TILE_REDUCERS), **options)
        )
        for h, A in enumerate(statistics_invariants.maps(number)):
            np.testing.assert_allclose(context[0, :, h], A @ key[0, h].numpy(), rtol=1e-11, atol=1e-11)
            for name, expected in direct(A).items():
                np.testing.assert_allclose(getattr(reductions, name)[h], expected, rtol=1e-11, atol=1e-11, err_msg=name)


def test_many_heads_and_many_tiles_equal_one_head_at_a_time() -> None:
    """Tiles take several heads; the last tile of heads and of queries is smaller than the others."""
    q, k, v = qkv(1, 13, 700, dtype=torch.float64)
    context, [together] = attend(q, k, v, AttentionOptions(scaling=0.3, needs=set(TILE_REDUCERS)))
    for h in range(13):
        head = slice(h, h + 1)
        alone_context, [alone] = attend(
            q[:, head], k[:, head], v[:, head], AttentionOptions(scaling=0.3, needs=set(TILE_REDUCERS))
        )
        torch.testing.assert_close(context[:, :, head], alone_context, rtol=1e-12, atol=1e-12)
        for name in TILE_REDUCERS:
            torch.testing.assert_close(getattr(together, name)[head], getattr(alone, name), rtol=1e-12, atol=1e-12)


def test_context_equals_scaled_dot_product_attention() -> None:
    q, k, v = qkv(2, 3, 200)
    context, _ = attend(q, k, v, AttentionOptions(scaling=0.25))
    torch.testing.assert_close(context, F.scaled_dot_product_attention(q, k, v, scale=0.25).transpose(1, 2))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_float32(dtype: torch.dtype) -> None:
    half = qkv(1, 2, 150, dtype=dtype)
    context, [reductions] = attend(*half, AttentionOptions(scaling=0.5, needs=set(TILE_REDUCERS)))
    exact_context, [exact] = attend(*(x.float() for x in half), AttentionOptions(scaling=0.5, needs=set(TILE_REDUCERS)))
    assert context.dtype == dtype
    torch.testing.assert_close(context, exact_context.to(dtype))
    for name in TILE_REDUCERS:
        torch.testing.assert_close(getattr(reductions, name), getattr(exact, name), rtol=0, atol=0)


def test_what_is_not_needed_is_not_computed() -> None:
    _, [reductions] = attend(*qkv(1, 1, 9), AttentionOptions(scaling=1.0, needs={"row_max"}))
    assert [name for name in TILE_REDUCERS if getattr(reductions, name) is not None] == ["row_max"]


def test_padding_is_never_read_and_its_context_is_zero() -> None:
    q, k, v = qkv(2, 2, 140)
    for states in (q, k, v):
        states[1, :, 131:] = math.nan
    context, [whole, shorter] = attend(
        q, k, v, AttentionOptions(scaling=0.5, lengths=[140, 131], needs=set(TILE_REDUCERS))
    )
    alone, _ = attend(*(x[1:, :, :131] for x in (q, k, v)), AttentionOptions(scaling=0.5))
    assert (whole.length, shorter.length) == (140, 131)
    assert context[1, 131:].abs().max() == 0
    torch.testing.assert_close(context[1, :131], alone[0], rtol=0, atol=0)


def test_torchs_own_attention_where_no_reduction_is_ever_requested() -> None:
    q, k, v = qkv(2, 2, 140)
    own, _ = attend(q, k, v, AttentionOptions(scaling=0.5, lengths=[140, 131], context_alone=True))
    rows, _ = attend(q, k, v, AttentionOptions(scaling=0.5, lengths=[140, 131]))
    torch.testing.assert_close(own, rows, rtol=1e-5, atol=1e-6)
    alone, _ = attend(*(x[1:, :, :131] for x in (q, k, v)), AttentionOptions(scaling=0.5, context_alone=True))
    torch.testing.assert_close(own[1, :131], alone[0], rtol=0, atol=0)
    assert own[1, 131:].abs().max() == 0


def test_the_context_is_written_where_asked() -> None:
    q, k, v = qkv(1, 2, 30)
    out = torch.full((1, 30, 2, 8), math.nan)
    context, _ = attend(q, k, v, AttentionOptions(scaling=0.5, lengths=[20]), out=out)
    assert context is out
    assert out.isfinite().all()


@pytest.mark.parametrize("shape", [(1, 1, 1, 60), (2, 1, 1, 60), (60, 60), (1, 3, 60, 60)])
def test_a_bias_broadcasts(shape: tuple[int, ...]) -> None:
    q, k, v = qkv(2, 3, 60, dtype=torch.float64)
    bias = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    context, _ = attend(q, k, v, AttentionOptions(scaling=0.5, bias=bias))
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.expand(2, 3, 60, 60), scale=0.5)
    torch.testing.assert_close(context, expected.transpose(1, 2), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_the_smallest_number_forbids_as_minus_infinity_does(dtype: torch.dtype) -> None:
    """Models mark forbidden keys with either; a query without any key left attends to nothing and is not counted."""
    q, k, v = qkv(1, 1, 5)
    forbidden = torch.zeros(5, 5, dtype=torch.bool)
    forbidden[:, 1] = forbidden[3] = True
    for lowest in (-math.inf, torch.finfo(dtype).min):
        bias = torch.zeros(5, 5, dtype=dtype).masked_fill(forbidden, lowest)
        context, [reductions] = attend(q, k, v, AttentionOptions(scaling=1.0, bias=bias, needs=set(TILE_REDUCERS)))
        assert reductions.rows.tolist() == [4]
        assert reductions.column_sum[0, 1] == 0
        assert context[0, 3].abs().max() == 0
        assert reductions.row_entropy[0, 3] == 0


def test_a_map_that_is_forbidden_altogether_stays_finite() -> None:
    bias = torch.full((1, 1, 4, 4), -math.inf)
    context, [reductions] = attend(*qkv(1, 1, 4), AttentionOptions(scaling=1.0, bias=bias, needs=set(TILE_REDUCERS)))
    assert context.abs().max() == 0
    assert all(getattr(reductions, name).isfinite().all() for name in TILE_REDUCERS)


def test_a_span_as_long_as_the_utterance_is_the_whole_map() -> None:
    q, k, v = qkv(1, 2, 150, dtype=torch.float64)
    whole, _ = attend(q, k, v, AttentionOptions(scaling=0.5))
    for renormalise in (True, False):
        spanned, _ = attend(q, k, v, AttentionOptions(scaling=0.5, radius=149, renormalise=renormalise))
        torch.testing.assert_close(spanned, whole, rtol=1e-12, atol=1e-12)


def test_a_broken_model_is_not_hidden() -> None:
    q, k, v = qkv(1, 1, 5)
    q[0, 0, 2] = math.nan
    context, [reductions] = attend(q, k, v, AttentionOptions(scaling=1.0, needs=set(TILE_REDUCERS)))
    assert context[0, 2].isnan().all()
    assert all(getattr(reductions, name).isnan().any() for name in TILE_REDUCERS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"needs": {"row_sum"}}, "needs must be among .*; found row_sum"),
        ({"radius": -1}, "radius must be 0 or more"),
        ({"bias": torch.ones(1, dtype=torch.bool)}, "bias must be floating point"),
        ({"bias": torch.ones(7)}, "bias must broadcast"),
        ({"lengths": [3, 4]}, "lengths must be 1 numbers"),
        ({"lengths": [7]}, "from 1 to 6"),
        ({"lengths": [0]}, "from 1 to 6"),
        ({"value": torch.ones(1, 1, 5, 2)}, "query, key and value must be"),
        ({"out": torch.ones(1, 1, 6, 2)}, "out must be"),
    ],
)
def test_invalid_input_raises_one_line(change: dict, message: str) -> None:
    states = torch.ones(1, 2, 6, 2)
    tensors = {"value": states, "out": None} | {name: change[name] for name in ("value", "out") if name in change}
    options = AttentionOptions(scaling=1.0, **{name: value for name, value in change.items() if name not in tensors})
    with pytest.raises(InputError, match=message):
        attend(states, states, tensors["value"], options, tensors["out"])
