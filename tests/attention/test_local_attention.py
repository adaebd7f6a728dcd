"""Local attention equals attention with a band mask, for all lengths, spans and padding."""

import pytest
import torch
from torch.nn import functional as F

from otoscope.attention.local_attention import local_attention


def by_band(q, k, v, radius, scaling, real):
    frames = torch.arange(q.shape[2])
    allowed = ((frames[:, None] - frames).abs() <= radius) & real[:, None, None]
    return F.scaled_dot_product_attention(q, k, v, attn_mask=allowed, scale=scaling).transpose(1, 2)


@pytest.mark.parametrize("radius", [0, 1, 5, 32, 200])
@pytest.mark.parametrize("length", [1, 5, 31, 32, 33, 64, 150])
def test_blocks_equal_a_band(length: int, radius: int) -> None:
    """Frames without a real frame near them are padding: their context must only be finite."""
    torch.manual_seed(0)
    q, k, v = (torch.randn(3, 2, length, 8, dtype=torch.float64) for _ in range(3))
    real = torch.arange(length) < torch.tensor([length, max(1, length // 2), 1])[:, None]
    context = local_attention(q, k, v, radius=radius, scaling=0.7, real_bt=real)
    expected = by_band(q, k, v, radius, 0.7, real)
    assert context.isfinite().all()
    torch.testing.assert_close(context[real], expected[real], rtol=0, atol=1e-12)
    alone = local_attention(q, k, v, radius=radius, scaling=0.7)
    torch.testing.assert_close(alone, by_band(q, k, v, radius, 0.7, torch.ones_like(real)), rtol=0, atol=1e-12)


def test_gradients_flow_and_are_those_of_a_band() -> None:
    torch.manual_seed(0)
    q, k, v = (torch.randn(1, 2, 40, 4, dtype=torch.float64, requires_grad=True) for _ in range(3))
    weight = torch.randn(1, 40, 2, 4, dtype=torch.float64)
    real = torch.ones(1, 40, dtype=torch.bool)
    gradients = torch.autograd.grad((local_attention(q, k, v, radius=3, scaling=0.5) * weight).sum(), (q, k, v))
    expected = torch.autograd.grad((by_band(q, k, v, 3, 0.5, real) * weight).sum(), (q, k, v))
    for a, b in zip(gradients, expected, strict=True):
        torch.testing.assert_close(a, b)


def test_a_span_beyond_the_utterance_costs_no_more_than_all_of_it() -> None:
    """Windows of 2 * 10^6 frames around each block would not fit in memory."""
    torch.manual_seed(0)
    q, k, v = (torch.randn(1, 4, 500, 64) for _ in range(3))
    wide = local_attention(q, k, v, radius=10**6, scaling=0.1)
    torch.testing.assert_close(wide, local_attention(q, k, v, radius=499, scaling=0.1))
