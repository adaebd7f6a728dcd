"""The loss of a text is what the captured pass says, with gradients, and units name the heads that they remove."""

import pytest
import torch
from tests.helpers.tiny_transcribers import BUILDERS, transcriber, utterances

from otoscope.decoders.ablation import decoder_heads
from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.capture import capture_decoder
from otoscope.decoders.head_contexts import changed_contexts
from otoscope.decoders.text_loss import spoken_texts, text_loss
from otoscope.decoders.units import DecoderUnits, decoder_units


@pytest.mark.parametrize("name", BUILDERS)
def test_the_loss_is_that_of_a_captured_pass(name):
    tiny = transcriber(name)
    waves, texts = utterances(tiny)
    for spoken, maps in zip(spoken_texts(tiny, waves, texts), capture_decoder(tiny, waves, texts), strict=True):
        expected = -maps.log_probability[maps.first_token_row :].mean()
        assert text_loss(tiny, spoken).item() == pytest.approx(expected, rel=1e-5)


def test_the_loss_has_gradients_by_contexts():
    tiny = transcriber("whisper")
    spoken = spoken_texts(tiny, *utterances(tiny))[0]
    gate = torch.ones((), dtype=torch.float64, requires_grad=True)
    with changed_contexts(tiny, lambda place, context: context * gate):
        assert torch.autograd.grad(text_loss(tiny, spoken), gate)[0].abs() > 0


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("kind", Kind)
def test_single_units_are_the_heads_that_a_pass_shows(name, kind):
    tiny = transcriber(name)
    waves, texts = utterances(tiny)
    heads = {head for head in decoder_heads(tiny, waves[0], texts[0]) if head.kind is kind}
    units = decoder_units(tiny, kind)
    assert set().union(*units.members.values()) == heads
    assert all(len(members) == 1 for members in units.members.values())


def test_an_index_through_layers_has_a_head_of_each_layer_that_has_it():
    units = DecoderUnits(Kind.own, (2, 3), is_through=True)
    assert units.counts == (3,)
    assert [sorted((head.layer, head.head) for head in units.heads([(0, index)])) for index in range(3)] == [
        [(0, 0), (1, 0)],
        [(0, 1), (1, 1)],
        [(1, 2)],
    ]
