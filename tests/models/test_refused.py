"""What is no speech encoder, or one that cannot be measured exactly, is refused in one line that says why."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import transformers as hf
from tests.helpers.refusals import refusal
from tests.helpers.tiny_models import BUILDERS, SHAPE, build, noise

from otoscope.models.families import FAMILIES, UNSUPPORTED
from otoscope.models.load import load
from otoscope.models.tiny_models import CONVOLUTIONS

SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


@pytest.mark.parametrize(
    "model",
    [
        lambda: hf.BertModel(hf.BertConfig(vocab_size=20, **SMALL)),
        lambda: hf.ViTModel(hf.ViTConfig(image_size=8, patch_size=4, **SMALL)),
        lambda: hf.GPT2Model(hf.GPT2Config(vocab_size=20, n_embd=16, n_layer=1, n_head=2)),
        lambda: hf.LlamaForCausalLM(hf.LlamaConfig(vocab_size=20, **SMALL)),
    ],
    ids=["text", "vision", "decoder-only", "decoder-only with head"],
)
def test_what_is_no_speech_encoder_is_refused(tmp_path: Path, model: Any) -> None:
    made = model()
    made.save_pretrained(tmp_path)
    assert refusal(tmp_path).startswith(f"{tmp_path} is a '{made.config.model_type}' model; expected a speech encoder")


@pytest.mark.parametrize("model_type", ["clap", "granite_speech", "gemma3n"])
def test_windowed_encoders_are_refused_by_name_within_larger_models_too(tmp_path: Path, model_type: str) -> None:
    hf.AutoConfig.for_model(model_type).save_pretrained(tmp_path)
    message = refusal(tmp_path)
    assert any(f"has a '{refused}' encoder: {reason}" in message for refused, reason in UNSUPPORTED.items())
    assert message.endswith("otoscope does not measure it")


def test_no_family_is_both_measured_and_refused() -> None:
    assert not {family.model_type for family in FAMILIES.select().values()} & UNSUPPORTED.keys()


def test_a_feature_extractor_of_another_rate_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(folders["hubert-layer"], tmp_path / "model")
    settings = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
    changed = json.dumps(settings | {"sampling_rate": 8000})
    (folder / "preprocessor_config.json").write_text(changed, encoding="utf-8")
    expected = f"the feature extractor of {folder} takes 8000 as its rate; expected 16000 (Hz)"
    assert refusal(folder).startswith(expected)


def test_a_hub_name_without_network_says_so_and_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here by the switch that keeps the hub's client off the network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    message = refusal("no-one/no-such-model")
    assert message.startswith("no-one/no-such-model: there is no such folder here, and as a hub name it ")
    assert message.endswith("; without network, give the folder of a model that was saved before")


@pytest.mark.parametrize("head", ["Wav2Vec2ForCTC", "HubertForSequenceClassification", "WavLMForXVector"])
def test_encoders_inside_fine_tuned_models_are_found(tmp_path: Path, head: str) -> None:
    """Their weights are those of the encoder alone, and none of the head is too many."""
    base = head.split("For")[0]
    family = {"Wav2Vec2": "wav2vec2-layer", "Hubert": "hubert-layer", "WavLM": "wavlm-layer"}[base]
    encoder = load(build(family, tmp_path / "encoder"), device="cpu")
    task = getattr(hf, head)(encoder.model.config)
    getattr(task, task.base_model_prefix).load_state_dict(encoder.model.state_dict())
    task.save_pretrained(tmp_path / "task")
    encoder.extractor.save_pretrained(tmp_path / "task")
    found = load(tmp_path / "task", device="cpu")
    assert type(found.model).__name__ == f"{base}Model"
    np.testing.assert_array_equal(found.forward([noise(0.5)]).hidden, encoder.forward([noise(0.5)]).hidden)


def test_an_encoder_of_a_composed_model_is_found(tmp_path: Path) -> None:
    """By the family of a part of its configuration."""
    speech = hf.Wav2Vec2Config(**SHAPE | CONVOLUTIONS, feat_extract_norm="layer")
    text = hf.BertConfig(vocab_size=20, is_decoder=True, add_cross_attention=True, **SMALL)
    config = hf.SpeechEncoderDecoderConfig.from_encoder_decoder_configs(speech, text)
    hf.SpeechEncoderDecoderModel(config).save_pretrained(tmp_path)
    hf.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(tmp_path)
    found = load(tmp_path, device="cpu")
    assert (found.family.model_type, type(found.model).__name__) == ("wav2vec2", "Wav2Vec2Model")


def test_every_family_is_among_the_tested_ones(folders: dict[str, Path]) -> None:
    families = {load(folders[name], device="cpu").family.model_type for name in BUILDERS}
    assert families == {family.model_type for family in FAMILIES.select().values()}
    assert len(folders) == len(BUILDERS)
