"""The centre of a frame is the centre of the audio that it depends on, in every family with its own front end."""

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config

import otoscope
from otoscope.models.families import find_family
from otoscope.models.mockingjay import MockingjayConfig, MockingjayFeatureExtractor
from otoscope.segmentation.feature_methods import label_frames


def centre(model_type, config):
    return find_family(model_type).front_end.center(config) / 16000


def test_the_first_frame_of_wav2vec_sees_25_ms():
    assert centre("wav2vec2", Wav2Vec2Config()) == pytest.approx(0.0125)


@pytest.mark.parametrize(("rate", "seconds"), [(1, 0.0), (2, 0.005), (3, 0.010)])
def test_the_first_stack_of_log_mel_frames_begins_at_the_first_sample(rate, seconds):
    assert centre("mockingjay", MockingjayConfig(downsample_rate=rate)) == seconds


def test_log_mel_frame_t_is_loudest_for_a_click_at_10_t_ms():
    wave = 1e-4 * np.random.default_rng(0).standard_normal(32000)
    wave[8000] = 1.0
    assert MockingjayFeatureExtractor().log_mel(wave).sum(-1).argmax().item() == 50


def test_convolutions_see_the_samples_around_their_centre():
    """Each sample that moves the first frame is found by changing it."""
    config = Wav2Vec2Config(
        conv_dim=(4, 4, 4), conv_kernel=(10, 8, 4), conv_stride=(5, 4, 2), feat_extract_norm="layer"
    )
    torch.manual_seed(0)
    layers = [
        torch.nn.Conv1d(a, 4, k, s) for a, k, s in zip((1, 4, 4), config.conv_kernel, config.conv_stride, strict=True)
    ]
    wave = torch.randn(1, 1, 400, requires_grad=True)
    first = torch.nn.Sequential(*layers)(wave)[..., 0].sum()
    index = torch.autograd.grad(first, wave)[0][0, 0].nonzero().ravel()
    assert (index.min().item(), (index.max().item() + 1) / 2) == (
        0,
        find_family("wav2vec2").front_end.center(config),
    )


def test_label_frames_of_the_embedded_model_are_those_of_its_features():
    frames = label_frames(otoscope.load("bundled"))
    assert (frames.period, frames.repeat, frames.origin) == (0.010, 2, 0.0)


def test_representations_are_the_outputs_of_each_layer(tiny_model):
    """The last is the model's own output, under the interventions in force as well."""
    encoder, wave = otoscope.load(tiny_model), np.random.default_rng(0).standard_normal(16000)
    states = encoder.representations(wave)
    assert [state.shape for state in states] == [(33, 24)] * 2
    np.testing.assert_allclose(states[-1], encoder.forward([wave]).hidden[0], atol=1e-5)
    with encoder.without_heads([(0, 1)]):
        changed = encoder.representations(wave)
        np.testing.assert_allclose(changed[-1], encoder.forward([wave]).hidden[0], atol=1e-5)
    assert np.abs(changed[0] - states[0]).max() > 1e-3
