"""The torch kernel on the meta device, as on any accelerator: no tensor leaves the device or waits for it."""

import pytest
import torch
from tests.helpers import statistics_invariants

from otoscope.attention.inputs import AttentionInputs, SpanLimits
from otoscope.attention.kernels.torch_tiles import attend_in_tiles
from otoscope.attention.reductions import LABEL_REDUCERS, TILE_REDUCERS

T = 300
NEEDS = frozenset({*TILE_REDUCERS, *LABEL_REDUCERS})


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("span", [SpanLimits(T, T), SpanLimits(5, T), SpanLimits(T, 5)], ids=str)
@pytest.mark.parametrize("biased", [False, True])
def test_tiles_stay_on_their_device(dtype: torch.dtype, span: SpanLimits, biased: bool) -> None:
    """Tensors of this device have no values: reading one, or computing with one of another device, is an error."""
    labels = statistics_invariants.labels(T)
    states = torch.empty(2, T, 8, device="meta", dtype=dtype)
    bias = torch.empty(2, T, T, device="meta", dtype=dtype) if biased else None
    context = torch.empty(T, 2, 8, device="meta", dtype=dtype)
    reductions = attend_in_tiles(AttentionInputs(states, states, states, 0.5, bias, span, labels), NEEDS, context)
    assert all(getattr(reductions, name).device.type == "meta" for name in NEEDS)
