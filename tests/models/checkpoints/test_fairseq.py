"""fairseq's checkpoints become models with the same arithmetic; settings are read and never run."""

import math
from typing import Any

import pytest
import torch
from tests.helpers.original_checkpoints import (
    fairseq_settings,
    fairseq_states,
    fine_tuned_fairseq_states,
    original_names,
)
from torch.nn import functional
from transformers import AutoModel

from otoscope.errors import InputError
from otoscope.models.checkpoints.builtin.fairseq import build
from otoscope.models.checkpoints.source import Checkpoint
from otoscope.models.load import load
from otoscope.models.tiny_models import GROUP_NORM, LAYER_NORM

DATA2VEC = {"num_conv_pos_embeddings": 2, "conv_pos_kernel_size": 7}


@pytest.mark.parametrize(
    ("name", "options", "kind"),
    [
        ("Wav2Vec2", GROUP_NORM, "wav2vec2"),
        ("Wav2Vec2", LAYER_NORM | {"conv_bias": True}, "wav2vec2"),
        ("Hubert", LAYER_NORM, "hubert"),
        ("WavLM", GROUP_NORM, "wavlm"),
        ("Data2VecAudio", DATA2VEC, "data2vec-audio"),
    ],
)
def test_a_converted_model_is_the_original(converted, tiny, assert_same_output, name, options, kind):
    model = tiny(name, **options)
    folder = converted(fairseq_states(model))
    assert_same_output(folder, model)
    encoder = load(folder, device="cpu")
    assert (encoder.family.model_type, encoder.extractor.do_normalize) == (kind, True)


def test_a_fine_tuned_model_loses_its_head_alone(converted, tiny, assert_same_output):
    model = tiny("Wav2Vec2", **GROUP_NORM)
    assert_same_output(converted(fine_tuned_fairseq_states(model)), model)


class Reference:
    """wav2vec 2.0 as its paper and fairseq's names describe it, one utterance `[1, samples]` in float64."""

    def __init__(self, states: dict[str, Any]) -> None:
        self.settings = states["cfg"]["model"]
        self.weights = {key: value.double() for key, value in states["model"].items() if key != "_ema"}

    def linear(self, name: str, x: torch.Tensor) -> torch.Tensor:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, name: str, x: torch.Tensor) -> torch.Tensor:
        centred = x - x.mean(-1, keepdim=True)
        scaled = centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + 1e-5)
        return self.weights[f"{name}.weight"] * scaled + self.weights[f"{name}.bias"]

    def convolve(self, x: torch.Tensor) -> torch.Tensor:
        x = x[None]
        for number, stride in enumerate((5, 2, 2, 2, 2, 2, 2)):
            stem = f"feature_extractor.conv_layers.{number}"
            x = functional.conv1d(x, self.weights[f"{stem}.0.weight"], stride=stride)
            if self.settings["extractor_mode"] == "layer_norm":
                x = self.norm(f"{stem}.2.1", x.transpose(1, 2)).transpose(1, 2)
            elif number == 0:  # a group for each channel: mean and variance over time
                normed = (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, correction=0, keepdim=True) + 1e-5)
                x = self.weights[f"{stem}.2.weight"][:, None] * normed + self.weights[f"{stem}.2.bias"][:, None]
            x = functional.gelu(x)
        return self.linear("post_extract_proj", self.norm("layer_norm", x.transpose(1, 2)))

    def positions(self, x: torch.Tensor) -> torch.Tensor:
        v, stem = self.weights["encoder.pos_conv.0.weight_v"], "encoder.pos_conv.0"
        weight = self.weights[f"{stem}.weight_g"] * v / v.norm(dim=(0, 1), keepdim=True)
        width, groups = weight.shape[2], self.settings["conv_pos_groups"]
        output = functional.conv1d(
            x.transpose(1, 2), weight, self.weights[f"{stem}.bias"], padding=width // 2, groups=groups
        )
        return functional.gelu(output[..., : x.shape[1]]).transpose(1, 2)

    def attend(self, name: str, x: torch.Tensor) -> torch.Tensor:
        heads = self.settings["encoder_attention_heads"]
        query, key, value = (
            self.linear(f"{name}.{part}_proj", x)[0].unflatten(-1, (heads, -1)).transpose(0, 1) for part in "qkv"
        )
        attention = torch.softmax(query @ key.transpose(1, 2) / math.sqrt(query.shape[-1]), -1)
        return self.linear(f"{name}.out_proj", (attention @ value).transpose(0, 1).flatten(1)[None])

    def encode(self, samples: torch.Tensor) -> torch.Tensor:
        x, is_first = self.convolve(samples), self.settings["layer_norm_first"]
        x = x + self.positions(x)
        x = x if is_first else self.norm("encoder.layer_norm", x)
        for number in range(self.settings["encoder_layers"]):
            stem = f"encoder.layers.{number}"
            inner, outer = f"{stem}.self_attn_layer_norm", f"{stem}.final_layer_norm"
            if is_first:
                x = x + self.attend(f"{stem}.self_attn", self.norm(inner, x))
                x = x + self.feed(stem, self.norm(outer, x))
            else:
                x = self.norm(inner, x + self.attend(f"{stem}.self_attn", x))
                x = self.norm(outer, x + self.feed(stem, x))
        return self.norm("encoder.layer_norm", x) if is_first else x

    def feed(self, stem: str, x: torch.Tensor) -> torch.Tensor:
        return self.linear(f"{stem}.fc2", functional.gelu(self.linear(f"{stem}.fc1", x)))


@pytest.mark.parametrize(
    "norms", [GROUP_NORM, LAYER_NORM, {"feat_extract_norm": "group", "do_stable_layer_norm": True}]
)
def test_a_converted_model_computes_what_the_paper_describes(converted, tiny, norms):
    states = fairseq_states(tiny("Wav2Vec2", **norms))
    model = AutoModel.from_pretrained(converted(states), dtype=torch.float64).eval()
    samples = torch.randn(1, 4000, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        output = model(samples).last_hidden_state
        torch.testing.assert_close(output, Reference(states).encode(samples), rtol=0, atol=1e-10)


BASE = {"layers": 12, "width": 768, "inner": 3072, "heads": 12}
LARGE = {"layers": 24, "width": 1024, "inner": 4096, "heads": 16}


@pytest.mark.parametrize(
    ("name", "size", "settings"),
    [
        ("wav2vec2-base", BASE, {}),
        ("wav2vec2-large-ctc", LARGE, {"extractor_mode": "layer_norm", "layer_norm_first": True, "conv_bias": True}),
        ("hubert-large", LARGE, {"extractor_mode": "layer_norm", "layer_norm_first": True, "label_rate": 50}),
        ("data2vec-base", BASE, {"extractor_mode": "layer_norm", "conv_pos": 95, "pos_conv_depth": 5}),
    ],
)
def test_every_weight_of_a_published_model_has_a_place(tmp_path, name, size, settings):
    whole = {
        "encoder_layers": size["layers"],
        "encoder_embed_dim": size["width"],
        "encoder_ffn_embed_dim": size["inner"],
        "encoder_attention_heads": size["heads"],
        "activation_fn": "gelu",
        "extractor_mode": "default",
        "layer_norm_first": False,
        "conv_feature_layers": "[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512,2,2)] * 2",
        "conv_pos": 128,
        "normalize": False,
    } | settings
    model, extractor = build(Checkpoint(tmp_path, {"cfg": whole, "model": original_names(f"fairseq-{name}")}))
    assert (model.config.num_hidden_layers, model.config.hidden_size) == (size["layers"], size["width"])
    assert not extractor.do_normalize


def changed(model: Any, **changes: Any) -> dict[str, Any]:
    states = fairseq_states(model)
    states["cfg"]["model"] |= changes
    return states


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer_type": "conformer"}, "has layer_type 'conformer'; transformers implements 'transformer' alone"),
        ({"crop_seq_to_multiple": 2}, "has crop_seq_to_multiple 2"),
        ({"extractor_mode": "other"}, "has extractor_mode 'other'; expected one of default, layer_norm"),
        ({"activation_fn": ["gelu"]}, "has activation_fn"),
        ({"conv_feature_layers": "__import__('os').system('true')"}, "conv_feature_layers that is no list"),
        ({"conv_feature_layers": "[(1, 2, 3)] * 10 ** 9"}, "conv_feature_layers that is no list"),
        ({"conv_feature_layers": "(" * 900}, "conv_feature_layers that is no list"),
        ({"conv_feature_layers": "[(32, 10)]"}, r"expected \(channels, kernel, stride\) in conv_feature_layers"),
        ({"conv_feature_layers": 5}, r"expected \(channels, kernel, stride\) in conv_feature_layers"),
        ({"encoder_layers": 10**9}, "holds 3 layers, but its settings state 1000000000"),
        ({"encoder_layers": "three"}, "holds 3 layers, but its settings state 'three'"),
        ({"encoder_embed_dim": 96}, "has weights of another shape"),
        ({"encoder_embed_dim": "wide"}, "settings that no model has"),
        ({"encoder_attention_heads": 5}, "settings that no model has"),
        ({"encoder_attention_heads": 0}, "settings that no model has"),
        ({"encoder_ffn_embed_dim": None}, "settings that no model has"),
    ],
)
def test_settings_that_no_model_has_are_refused_in_one_line(converted, tiny, changes, message):
    with pytest.raises(InputError, match=message) as refused:
        converted(changed(tiny("Wav2Vec2", **GROUP_NORM), **changes))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        (None, r"does not hold its model's settings \('cfg' or 'args'\)"),
        ([], r"does not hold its model's settings"),
        ({"model": {}}, "does not state 'encoder_layers'"),
    ],
)
def test_missing_settings_are_named(converted, tiny, cfg, message):
    with pytest.raises(InputError, match=message):
        converted(fairseq_states(tiny("Wav2Vec2", **GROUP_NORM)) | {"cfg": cfg})


def test_whether_audio_is_normalised_must_be_stated(converted, tiny):
    model = tiny("Wav2Vec2", **GROUP_NORM)
    with pytest.raises(InputError, match="does not state 'normalize'"):
        converted(fairseq_states(model) | {"cfg": {"model": fairseq_settings(model)}})


def test_a_weight_that_is_missing_or_unknown_is_named_and_never_random(converted, tiny):
    states = fairseq_states(tiny("Wav2Vec2", **GROUP_NORM))
    bias = states["model"].pop("encoder.layers.1.fc1.bias")
    with pytest.raises(InputError, match=r"lacks 1 weight of its model \(.*1.feed_forward.intermediate_dense.bias\)"):
        converted(states)
    states["model"] |= {"encoder.layers.1.fc1.bias": bias, "encoder.layers.1.adapter.weight": bias}
    with pytest.raises(InputError, match=r"holds a weight 'encoder.layers.1.adapter.weight', which no wav2vec 2.0"):
        converted(states)
