"""Maps from text to audio tokens are those of eager attention, and other models are refused by name."""

import numpy as np
import pytest
import torch
from tests.helpers.tiny_audio_models import AUDIO, BUILDERS, audio_model
from tests.helpers.tiny_transcribers import transcriber

from otoscope.decoders.attention_record import attention_backend
from otoscope.decoders.audio_tokens import capture_audio_tokens
from otoscope.decoders.transcriber import load_transcriber
from otoscope.errors import InputError


@pytest.mark.parametrize("name", BUILDERS)
def test_maps_equal_those_of_eager_attention(name):
    """Qwen2.5-Omni#359: no decoder attention where configurations are nested and kernels fused."""
    model, inputs = audio_model(name)
    before = model.config._attn_implementation
    maps = capture_audio_tokens(model, inputs)
    assert model.config._attn_implementation == before
    with torch.inference_mode(), attention_backend(model, "eager"):
        attentions = model(**inputs, output_attentions=True, use_cache=False).attentions
    ids = inputs["input_ids"][0].numpy()
    np.testing.assert_array_equal(maps.audio_positions, np.flatnonzero(ids == AUDIO))
    np.testing.assert_array_equal(maps.positions, np.arange(len(ids) - 3, len(ids)))
    assert len(maps.audio) == sum(layer.shape[1] for layer in attentions)
    for (layer, head), map_qk in maps.audio.items():
        reference = attentions[layer][0, head].numpy()[-3:]
        np.testing.assert_allclose(map_qk, reference[:, ids == AUDIO], atol=1e-6)
        np.testing.assert_allclose(maps.text[layer, head], reference[:, -3:], atol=1e-6)
        np.testing.assert_allclose(maps.before[layer, head], reference[:, :2].sum(-1), atol=1e-6)


def test_only_the_requested_heads_are_stored():
    model, inputs = audio_model("voxtral")
    assert set(capture_audio_tokens(model, inputs, heads=[(1, 3)]).audio) == {(1, 3)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda ids: torch.cat([ids, ids]), "expected the inputs of one utterance, found 2"),
        (lambda ids: ids[:, :2], "expected audio tokens in input_ids, found none"),
        (lambda ids: ids[:, :-3], "expected text after the audio, found none"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(change, reason):
    model, inputs = audio_model("voxtral")
    with pytest.raises(InputError, match=reason):
        capture_audio_tokens(model, inputs | {"input_ids": change(inputs["input_ids"])})


def test_a_head_that_does_not_exist_is_refused():
    model, inputs = audio_model("voxtral")
    with pytest.raises(InputError, match="expected heads 0 to 3 in layer 1"):
        capture_audio_tokens(model, inputs, heads=[(1, 4)])


@pytest.mark.parametrize("name", BUILDERS)
def test_commands_refuse_it_and_name_the_function(tmp_path, name):
    audio_model(name)[0].config.save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"among the tokens of its text.*use otoscope.capture_audio_tokens"):
        load_transcriber(tmp_path)


def test_a_model_without_audio_tokens_is_refused_by_name():
    with pytest.raises(InputError, match="WhisperForConditionalGeneration has no language model with audio tokens"):
        capture_audio_tokens(transcriber("whisper").model, {})
