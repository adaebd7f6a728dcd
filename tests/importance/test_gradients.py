"""Gradients to gates are what a slow finite difference says, and a gate that is shut is a head that is removed."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from otoscope.importance.builtin import fisher, gradient
from otoscope.importance.loss import LOSSES, Loss, get_loss
from otoscope.importance.loss_sample import gate_gradients, sample_batches
from otoscope.importance.ranking_context import make_context
from otoscope.importance.sampling_budget import SamplingBudget
from otoscope.models.head_gates import forward_gated, make_gates

STEP = 1e-5


def context_of(encoder, speech, loss):
    return make_context(encoder, speech, get_loss(loss, encoder, speech), SamplingBudget(seconds=1e9))


def slow_gradient(encoder, batch, layer, head):
    """Central difference of each utterance's loss as one gate moves."""
    values = []
    for step in (STEP, -STEP):
        gates = [torch.ones(len(batch.lengths), heads, dtype=torch.float64) for heads in encoder.n_heads]
        gates[layer][:, head] += step
        with torch.no_grad():
            values.append(batch.gradient_target(batch.hidden(forward_gated(encoder, batch.inputs, gates))))
    return ((values[0] - values[1]) / (2 * STEP)).numpy()


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_finite_differences(encoder, speech, loss):
    context = context_of(encoder, speech, loss)
    for layer, head in context.heads:
        slow = np.concatenate([slow_gradient(encoder, batch, layer, head) for batch in context.loss_sample.batches])
        np.testing.assert_allclose(context.loss_sample.gradients[:, layer, head], slow, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("head", [(0, 1), (1, 2)])
def test_a_shut_gate_is_a_removed_head_also_in_a_padded_batch(encoder, speech, head):
    gates = make_gates(encoder, 3)
    with torch.no_grad():
        gates[head[0]][:, head[1]] = 0
        shut = forward_gated(encoder, encoder.inputs(speech.waves), gates)
    with encoder.without_heads([head]):
        removed = encoder.forward(speech.waves)
    for states, expected, length in zip(shut, removed.hidden, removed.lengths, strict=True):
        torch.testing.assert_close(states[:length], expected[:length], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("loss", LOSSES)
def test_an_utterance_has_the_gradient_in_a_batch_that_it_has_alone(encoder, speech, loss):
    named = get_loss(loss, encoder, speech)
    together = make_context(encoder, speech, Loss(loss, lambda _: named.batch([0, 1, 2])), SamplingBudget(seconds=1e9))
    for index in range(3):
        alone = make_context(
            encoder, speech, Loss(loss, lambda _, index=index: named.batch([index])), SamplingBudget(seconds=1e-9)
        )
        np.testing.assert_allclose(
            together.loss_sample.gradients[index], alone.loss_sample.gradients[0], rtol=1e-8, atol=1e-12
        )


def test_each_utterance_contributes_its_gradient_to_gradient_and_fisher(encoder, speech):
    context = context_of(encoder, speech, "reconstruction")
    np.testing.assert_allclose(gradient.score(context, 0), [np.abs(one) for one in context.gradients])
    np.testing.assert_allclose(fisher.score(context, 0), [one * one for one in context.gradients])


def test_gradients_are_in_the_order_of_the_speech_with_nothing_outside_of_the_sample(encoder, speech):
    whole = context_of(encoder, speech, "hidden")
    for index in range(3):
        alone = get_loss("hidden", encoder, speech).batch([index])
        np.testing.assert_allclose(whole.gradients[index], gate_gradients(encoder, [alone], lambda _: None)[0])
    sample = make_context(encoder, speech, get_loss("hidden", encoder, speech), SamplingBudget(seconds=1e-9))
    np.testing.assert_allclose(sample.gradients[0], whole.gradients[0])
    assert np.isnan(sample.gradients[1:]).all()


@pytest.mark.parametrize(("padded_seconds", "sizes"), [(0.0, [3]), (30.0, [1, 1, 1])])
def test_a_batch_of_a_model_that_extends_utterances_with_silence_counts_that_silence(speech, padded_seconds, sizes):
    encoder = SimpleNamespace(padding_invariant=True, padded_seconds=padded_seconds)
    assert [len(batch) for batch in sample_batches(encoder, speech, 1e9)] == sizes
