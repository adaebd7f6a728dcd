"""Attention in two steps, a softmax and a product, is one call; functions outside of the modules are not replaced."""

import torch
from torch import Tensor, nn

from otoscope.attention.call import AttentionCall
from otoscope.attention.function_capture import capture_functions


class TwoStepAttention(nn.Module):
    """Computes attention between the frames of its input; another product comes between softmax and values."""

    def forward(self, states_bhtd: Tensor) -> Tensor:
        weights = (states_bhtd @ states_bhtd.mT).softmax(-1)
        torch.matmul(states_bhtd, states_bhtd.mT)
        return weights @ states_bhtd


def handle(call: AttentionCall) -> Tensor:
    """Return the context of a call whose bias contains the scores."""
    assert call.bias_bhqk is not None
    return (call.bias_bhqk.softmax(-1) @ call.value_bhtd).transpose(1, 2)


def test_the_product_of_weights_and_values_is_one_call() -> None:
    module, states_bhtd = TwoStepAttention(), torch.randn(2, 3, 5, 4)
    calls: list[AttentionCall] = []

    def handler(call: AttentionCall) -> Tensor:
        calls.append(call)
        return handle(call)

    with capture_functions({"attention": module}, handler):
        context = module(states_bhtd)
    (call,) = calls
    assert call.module is module
    assert call.lengths == (5, 5)
    torch.testing.assert_close(call.bias_bhqk, states_bhtd @ states_bhtd.mT)
    torch.testing.assert_close(call.value_bhtd, states_bhtd)
    torch.testing.assert_close(context, module(states_bhtd))


def test_functions_outside_of_the_modules_are_not_replaced() -> None:
    calls: list[AttentionCall] = []
    with capture_functions({"attention": TwoStepAttention()}, calls.append):  # type: ignore[arg-type]
        TwoStepAttention()(torch.randn(2, 3, 5, 4))
    assert calls == []
