"""What is observed is what the model itself computes, on whole maps; a padded batch changes nothing."""

import numpy as np
import pytest
import torch
from tests.helpers.slow_attention import fresh, output_projection
from tests.helpers.tiny_models import noise
from transformers import AutoFeatureExtractor

from otoscope.attention_sinks.observation import observe
from otoscope.models.load import load

WAVE, LONGER = noise(0.5), noise(0.8, seed=1)


def whole_maps(folder, wave):
    """Return maps `[H, K, K]` and hidden states `[K, d]` of all tokens in each layer, by eager attention."""
    model = fresh(folder)
    inputs = AutoFeatureExtractor.from_pretrained(folder)([wave], sampling_rate=16000, return_tensors="pt")
    with torch.no_grad():
        output = model(inputs[model.main_input_name].double(), output_attentions=True, output_hidden_states=True)
    return model, [each[0].numpy() for each in output.attentions], [each[0].numpy() for each in output.hidden_states]


@pytest.mark.parametrize("family", ["mockingjay", "whisper", "hubert-layer", "audio-spectrogram-transformer"])
def test_masses_and_hidden_states_are_those_of_the_model(folders, family):
    encoder = load(folders[family], device="cpu", dtype="float64")
    _, maps, hidden = whole_maps(folders[family], WAVE)
    (observed,) = observe(encoder, [WAVE])
    for tokens, A, states in zip(observed.layers, maps, hidden, strict=False):
        expected = A[:, tokens.is_inside_k].mean(1)
        np.testing.assert_allclose(tokens.mass_hk, expected, atol=1e-6)
        np.testing.assert_allclose(tokens.hidden_kd, states, atol=1e-5)


def test_norms_are_those_of_whole_projections(folders):
    """The norm of what a head adds, and of each projected value, without the factors of a QR decomposition."""
    folder = folders["whisper"]
    model, maps, hidden = whole_maps(folder, WAVE)
    (observed,) = observe(load(folder, device="cpu", dtype="float64"), [WAVE])
    module = model.layers[1].self_attn
    states = model.layers[1].self_attn_layer_norm(torch.from_numpy(hidden[1]))
    H, tokens = len(maps[1]), observed.layers[1]
    value_hkd = module.v_proj(states).detach().unflatten(-1, (H, -1)).transpose(0, 1).numpy()
    weight_hdo = output_projection(model, 1).weight.detach().numpy().T.reshape(H, value_hkd.shape[-1], -1)
    added_hko = value_hkd @ weight_hdo
    np.testing.assert_allclose(tokens.value_norm_hk, np.linalg.norm(added_hko, axis=-1), rtol=1e-8)
    outputs = np.linalg.norm(maps[1] @ added_hko, axis=-1)[:, tokens.is_inside_k].mean(-1)
    np.testing.assert_allclose(tokens.output_norm_h, outputs, rtol=1e-8)


@pytest.mark.parametrize("family", ["mockingjay", "wavlm-layer", "whisper"])
def test_a_padded_batch_is_observed_as_its_utterances_alone(folders, family):
    encoder = load(folders[family], device="cpu", dtype="float64")
    assert encoder.padding_invariant
    for together, wave in zip(observe(encoder, [WAVE, LONGER]), [WAVE, LONGER], strict=True):
        (alone,) = observe(encoder, [wave])
        for one, other in zip(together.layers, alone.layers, strict=True):
            for name in ("mass_hk", "is_inside_k", "value_norm_hk", "output_norm_h", "hidden_kd"):
                np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-5, err_msg=name)


def test_a_model_runs_once_on_a_batch_and_its_output_stays(folders):
    encoder, calls = load(folders["mockingjay"], device="cpu"), []
    expected = encoder.forward([WAVE, LONGER]).hidden
    with encoder.model.register_forward_hook(lambda _, inputs, output: calls.append(output.last_hidden_state)):
        observe(encoder, [WAVE, LONGER])
    (hidden,) = calls
    assert torch.equal(hidden[1], expected[1])
