"""The row kernel equals direct formulas on whole maps to single precision, with any threads; it takes no other call."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from otoscope.attention.inputs import AttentionInputs, SpanLimits
from otoscope.attention.kernels import row_kernel, torch_tiles
from otoscope.attention.labels import Labels
from otoscope.attention.reductions import LABEL_REDUCERS, TILE_REDUCERS

PHONES = 5
NEEDS = frozenset((*TILE_REDUCERS, *LABEL_REDUCERS))
LOWEST = torch.finfo(torch.float32).min


def inputs(T: int, heads: int = 3, radius: int | None = None, bias: bool = False, dtype=torch.float32):
    """Seeded states whose queries, keys and values are views `[B, T, H, d]` of a model, two label frames a frame."""
    generator = torch.Generator().manual_seed(T)
    query, key, value = (torch.randn(T, heads, 8, generator=generator).transpose(0, 1).to(dtype) for _ in range(3))
    bias_hqk = torch.randn(heads, T, T, generator=generator) if bias else None
    if bias_hqk is not None:
        bias_hqk[:, 3], bias_hqk[:, :, 5] = -torch.inf, LOWEST
    phone_r = torch.repeat_interleave(torch.randint(-1, PHONES, (T,), generator=generator), 7)[: 2 * T]
    span = SpanLimits(T if radius is None else radius, T)
    return AttentionInputs(query, key, value, 0.5, bias_hqk, span, Labels(phone_r.view(T, 2), PHONES))


def direct(case: AttentionInputs) -> dict[str, np.ndarray]:
    """Context and reductions by their definitions, in double precision, on whole maps."""
    query, key, value = (x.double().numpy() for x in (case.query_hqd, case.key_hkd, case.value_hkd))
    T = query.shape[1]
    distance = np.abs(np.arange(T)[:, None] - np.arange(T))
    scores = case.scaling * query @ key.transpose(0, 2, 1)
    allowed = np.broadcast_to(distance <= case.span.softmax_radius, scores.shape)
    if case.bias_hqk is not None:
        allowed = allowed & (case.bias_hqk.numpy() > LOWEST / 2)
        scores = scores + np.where(allowed, case.bias_hqk.double().numpy(), 0)
    weights = np.where(allowed, np.exp(scores - scores.max(-1, keepdims=True)), 0)
    A = weights / np.where(weights.any(-1, keepdims=True), weights.sum(-1, keepdims=True), 1)
    share_ty = case.labels.shares(torch.zeros(1, dtype=torch.float64)).numpy()
    own = np.zeros((len(A), PHONES))
    run_tr = case.labels.run_tr.numpy()
    for run, phone in enumerate(case.labels.phone_z.tolist()):
        share_t = (run_tr == run).mean(1)
        own[:, phone] += np.einsum("q,hqk,k->h", share_t, A, share_t)
    scaled = A / np.maximum(distance.max(1), 1)[:, None]
    by_offset = [[np.trace(x, d, 1, 2) for d in range(1 - T, T)] for x in (A, scaled)]
    return {
        "context": (A @ value).transpose(1, 0, 2),
        "row_entropy": -(A * np.log(np.where(A > 0, A, 1))).sum(-1),
        "row_max": A.max(-1),
        "column_sum": A.sum(1),
        "offset_histogram": np.array(by_offset[0]).T,
        "scaled_histogram": np.array(by_offset[1]).T,
        "label_mass": np.einsum("qy,hqk,kz->hyz", share_ty, A, share_ty),
        "own_run_mass": own,
    }


def run(case: AttentionInputs, padding: int = 0) -> dict[str, torch.Tensor]:
    assert row_kernel.supports_inputs(case)
    heads, T, d = case.query_hqd.shape
    context = torch.full((T + padding, heads, d), torch.nan)
    reductions = row_kernel.attend_in_rows(case, NEEDS, context)
    return {"context": context} | {name: getattr(reductions, name) for name in NEEDS}


@pytest.mark.parametrize("T", [1, 2, 3, 4, 5, 6, 127, 128, 129, 131, 300])
@pytest.mark.parametrize("options", [{}, {"radius": 0}, {"radius": 2}, {"radius": 50}, {"bias": True}], ids=str)
def test_it_equals_the_direct_formulas(T: int, options: dict) -> None:
    """Blocks of 128 queries, rests of one to three rows, fewer than four keys, forbidden keys and rows."""
    if options.get("bias") and T < 6:
        pytest.skip("the mask names key 5")
    case = inputs(T, **options)
    actual = run(case)
    for name, expected in direct(case).items():
        np.testing.assert_allclose(
            actual[name], expected, rtol=2e-5, atol=3e-6 * max(1, np.abs(expected).max()), err_msg=name
        )


def test_a_forbidden_key_has_no_weight_at_all() -> None:
    actual = run(inputs(40, bias=True))
    assert (actual["column_sum"][:, 5] == 0).all()
    assert (actual["context"][3] == 0).all()
    assert (run(inputs(40, radius=2))["offset_histogram"][:, : 39 - 2] == 0).all()


def test_the_number_of_threads_and_a_split_of_the_heads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    case = inputs(150, heads=5)
    alone = run(case)
    monkeypatch.setattr(row_kernel, "SMALL_MAPS", 0)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    threads = run(case)
    states = {name: getattr(case, name)[1:2] for name in ("query_hqd", "key_hkd", "value_hkd")}
    one_head = run(replace(case, **states))
    for name, expected in alone.items():
        assert torch.equal(threads[name], expected), name
        head = expected[:, 1:2] if name == "context" else expected[1:2]
        # torch multiplies the phones of all heads in one product, which rounds by its shape
        assert torch.equal(one_head[name], head) or name == "label_mass"
        torch.testing.assert_close(one_head[name], head)


def test_the_padding_gets_a_context_of_zero() -> None:
    padded = run(inputs(20), padding=3)["context"]
    assert (padded[20:] == 0).all()
    assert torch.equal(padded[:20], run(inputs(20))["context"])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype: torch.dtype) -> None:
    case = inputs(50, dtype=dtype)
    single = replace(
        case, query_hqd=case.query_hqd.float(), key_hkd=case.key_hkd.float(), value_hkd=case.value_hkd.float()
    )
    torch.testing.assert_close(run(case)["row_entropy"], run(single)["row_entropy"], rtol=1e-2, atol=1e-2)


def test_other_calls_go_to_the_kernel_in_plain_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    case = inputs(10)
    assert torch_tiles.select_kernel(case, NEEDS) is row_kernel.attend_in_rows
    broken = case.query_hqd.clone()
    broken[0, 3, 2] = torch.nan
    for other in (
        inputs(10, dtype=torch.float64),
        replace(case, span=SpanLimits(10, 4)),
        replace(case, bias_hqk=torch.zeros(3, 10, 10).half()),
        replace(case, query_hqd=broken),
        replace(case, query_hqd=case.query_hqd * 1e29),
        replace(case, bias_hqk=torch.full((3, 10, 10), torch.nan)),
    ):
        assert torch_tiles.select_kernel(other, NEEDS) is torch_tiles.attend_in_tiles
    monkeypatch.setattr(torch_tiles, "find_spec", lambda name: None)
    torch_tiles._is_installed.cache_clear()
    try:
        assert torch_tiles.fused_kernel(torch.device("cpu")) == "tiles"
        assert torch_tiles.select_kernel(case, NEEDS) is torch_tiles.attend_in_tiles
    finally:
        torch_tiles._is_installed.cache_clear()


def test_a_forked_process_has_threads_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_kernel, "SMALL_MAPS", 0)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    case = inputs(30)
    expected = run(case)["context"]
    child = os.fork()
    if child == 0:
        os._exit(0 if torch.equal(run(case)["context"], expected) else 1)
    assert os.waitpid(child, 0)[1] == 0
