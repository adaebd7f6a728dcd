"""torchaudio's state dicts become models with the same arithmetic; what the weights do not show is refused or given."""

import pytest
import torch
from tests.helpers.original_checkpoints import original_names, torchaudio_weights

from otoscope.errors import InputError
from otoscope.models.checkpoints.builtin.torchaudio import build
from otoscope.models.checkpoints.source import Checkpoint
from otoscope.models.load import load
from otoscope.models.tiny_models import GROUP_NORM, HEADS, LAYER_NORM


@pytest.mark.parametrize(
    ("name", "options", "kind", "prefix"),
    [
        ("Wav2Vec2", GROUP_NORM, "wav2vec2", ""),
        ("Wav2Vec2", LAYER_NORM | {"conv_bias": True}, "wav2vec2", ""),
        ("Hubert", LAYER_NORM, "wav2vec2", "wav2vec2."),
        ("WavLM", GROUP_NORM, "wavlm", ""),
        ("WavLM", LAYER_NORM, "wavlm", "model."),
    ],
)
def test_a_converted_model_is_the_original(converted, tiny, assert_same_output, name, options, kind, prefix):
    model = tiny(name, **options)
    around = {"logit_generator.label_embeddings": torch.zeros(2, 2)} if prefix else {"aux.weight": torch.zeros(2, 2)}
    folder = converted(torchaudio_weights(model, prefix) | around, n_heads=HEADS)
    assert_same_output(folder, model)
    encoder = load(folder, device="cpu")
    assert (encoder.family.model_type, encoder.extractor.do_normalize) == (kind, "do_stable_layer_norm" in options)


@pytest.mark.parametrize(
    ("name", "kind", "heads"),
    [("wav2vec2-base", "wav2vec2", 12), ("hubert-large", "wav2vec2", 16), ("wavlm-large", "wavlm", 16)],
)
def test_every_weight_of_a_published_model_has_a_place(tmp_path, name, kind, heads):
    config = build(Checkpoint(tmp_path, original_names(f"torchaudio-{name}")))[0].config
    assert (config.model_type, config.num_attention_heads) == (kind, heads)


def test_an_unusual_width_needs_its_number_of_heads(converted, tiny):
    with pytest.raises(InputError, match=r"does not state its number of heads; give it as --heads \(n_heads\)"):
        converted(torchaudio_weights(tiny("Wav2Vec2", **GROUP_NORM)))


def test_heads_that_contradict_the_weights_are_refused(converted, tiny):
    with pytest.raises(InputError, match=f"is a model of {HEADS} heads for each layer, found --heads 8; drop --heads"):
        converted(torchaudio_weights(tiny("WavLM", **GROUP_NORM)), n_heads=8)
    with pytest.raises(InputError, match="settings that no model has"):
        converted(torchaudio_weights(tiny("Wav2Vec2", **GROUP_NORM)), n_heads=5)


def test_other_convolutions_are_refused_because_weights_show_no_strides(converted, tiny):
    model = tiny("Wav2Vec2", conv_dim=[32] * 2, conv_kernel=[10, 8], conv_stride=[5, 4], **GROUP_NORM)
    with pytest.raises(
        InputError,
        match=r"has convolutions of \(10, 8\) samples; expected those of torchaudio",
    ):
        converted(torchaudio_weights(model), n_heads=HEADS)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("encoder.transformer.layers.1.attention.k_proj.bias", "lacks 1 weight of its model"),
        ("encoder.transformer.layers.0.feed_forward.intermediate_dense.weight", "lacks a weight of its model"),
        ("feature_extractor.conv_layers.3.conv.weight", "has convolutions|lacks a weight"),
    ],
)
def test_a_missing_weight_is_never_random(converted, tiny, key, message):
    weights = torchaudio_weights(tiny("Wav2Vec2", **GROUP_NORM))
    del weights[key]
    with pytest.raises(InputError, match=message):
        converted(weights, n_heads=HEADS)


def test_quantised_weights_are_refused(converted, tiny):
    weights = torchaudio_weights(tiny("Wav2Vec2", **GROUP_NORM))
    key = "encoder.transformer.layers.1.attention.k_proj.weight"
    weights[key] = weights[key].to(torch.int8)
    with pytest.raises(InputError, match=r"has quantised weights \('.*' is torch.int8\); expected floating point"):
        converted(weights, n_heads=HEADS)
