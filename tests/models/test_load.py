"""`load`: a folder becomes an encoder, or one clear line says why not; never random weights, never a traceback."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.helpers.refusals import refusal
from tests.helpers.tiny_models import SHAPE, build, noise
from transformers import AutoModel, BertConfig, BertModel, HubertForCTC

from otoscope.models.load import load


@pytest.fixture
def copied(folders: dict[str, Path], tmp_path: Path) -> Path:
    """A model folder that may be broken."""
    return shutil.copytree(folders["hubert-layer"], tmp_path / "model")


def test_a_text_model_is_no_speech_encoder(tmp_path: Path) -> None:
    BertModel(BertConfig(vocab_size=20, **SHAPE)).save_pretrained(tmp_path)
    message = refusal(tmp_path)
    assert message.startswith(f"{tmp_path} is a 'bert' model; expected a speech encoder of one of these: ")
    assert "hubert" in message


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert refusal(missing) == f"model folder {missing} does not exist; give a folder with a config.json, or a hub name"


def test_a_folder_without_a_configuration_is_no_model(tmp_path: Path) -> None:
    expected = f"{tmp_path} is no model folder: it has no config.json; expected what save_pretrained writes"
    assert refusal(tmp_path) == expected


def test_a_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no model", encoding="utf-8")
    assert str(tmp_path / "notes.txt") in refusal(tmp_path / "notes.txt")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"model_type": "hubart"}'])
def test_a_broken_configuration_is_named(copied: Path, text: str) -> None:
    (copied / "config.json").write_text(text, encoding="utf-8")
    assert str(copied) in refusal(copied)


def test_a_missing_tensor_is_named_and_never_random(copied: Path) -> None:
    tensors = load_file(copied / "model.safetensors")
    del tensors["encoder.layers.1.attention.k_proj.weight"]
    save_file(tensors, copied / "model.safetensors", metadata={"format": "pt"})
    expected = "lacks 1 weight of its model (encoder.layers.1.attention.k_proj.weight); they would be random"
    assert refusal(copied).startswith(f"{copied} {expected}; ")
    assert refusal(copied).endswith("(--allow-mismatch) takes it as it is")
    assert load(copied, device="cpu", allow_mismatch=True).n_layers == 3


def test_a_tensor_too_many_is_named(copied: Path) -> None:
    tensors = load_file(copied / "model.safetensors")
    tensors["encoder.layers.7.attention.k_proj.weight"] = torch.zeros(2)
    save_file(tensors, copied / "model.safetensors", metadata={"format": "pt"})
    expected = "has 1 weight that its model has no place for (encoder.layers.7.attention.k_proj.weight)"
    assert refusal(copied).startswith(f"{copied} {expected}; ")
    assert load(copied, device="cpu", allow_mismatch=True).n_layers == 3


def test_many_missing_tensors_are_counted(copied: Path) -> None:
    tensors = load_file(copied / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if "layers" not in name}
    save_file(kept, copied / "model.safetensors", metadata={"format": "pt"})
    assert f"{copied} lacks {len(tensors) - len(kept)} weights of its model (" in refusal(copied)
    assert ", ...)" in refusal(copied)


def test_the_vector_of_masked_frames_may_be_missing(copied: Path) -> None:
    """Many fine-tuned checkpoints lack it; it is used in training alone."""
    tensors = load_file(copied / "model.safetensors")
    expected = load(copied, device="cpu").forward([noise(0.5)]).hidden
    del tensors["masked_spec_embed"]
    save_file(tensors, copied / "model.safetensors", metadata={"format": "pt"})
    np.testing.assert_array_equal(load(copied, device="cpu").forward([noise(0.5)]).hidden, expected)


def test_weights_of_another_shape_are_refused(copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text(encoding="utf-8"))
    (copied / "config.json").write_text(json.dumps(config | {"intermediate_size": 65}), encoding="utf-8")
    assert refusal(copied).startswith(f"weights of {copied} cannot be loaded: ")


def test_a_folder_without_weights_is_refused(copied: Path) -> None:
    (copied / "model.safetensors").unlink()
    assert refusal(copied).startswith(f"weights of {copied} cannot be loaded: ")


def test_truncated_weights_are_refused(copied: Path) -> None:
    weights = (copied / "model.safetensors").read_bytes()
    (copied / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    assert refusal(copied).startswith(f"weights of {copied} cannot be loaded: ")


def test_a_missing_feature_extractor_is_named(copied: Path) -> None:
    (copied / "preprocessor_config.json").unlink()
    message = refusal(copied)
    assert str(copied) in message
    assert "preprocessor_config.json" in message


def test_an_unknown_number_format_is_refused_with_the_known_ones(folders: dict[str, Path]) -> None:
    expected = "unknown dtype 'float8'; choose one of float32, float64, bfloat16, float16"
    assert refusal(folders["mockingjay"], dtype="float8") == expected


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "cpu:x", ""])
def test_a_device_that_cannot_be_used_is_named(folders: dict[str, Path], device: str) -> None:
    assert refusal(folders["mockingjay"], device=device) == (
        f"device '{device}' cannot be used here; expected auto, cpu, or a GPU as cuda or cuda:0"
    )


def test_a_model_with_a_head_on_top_is_its_encoder(tmp_path: Path) -> None:
    """Fine-tuned checkpoints load without their task."""
    encoder = AutoModel.from_pretrained(build("hubert-group", tmp_path))
    with_head = HubertForCTC(encoder.config)
    with_head.hubert.load_state_dict(encoder.state_dict())
    expected = load(tmp_path, device="cpu").forward([noise(0.5)]).hidden
    with_head.save_pretrained(tmp_path)
    np.testing.assert_array_equal(load(tmp_path, device="cpu").forward([noise(0.5)]).hidden, expected)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_passes_the_self_check_and_stays_near(folder: Path, dtype: str) -> None:
    exact = load(folder, device="cpu").forward([noise(0.5)]).hidden
    near = load(folder, device="cpu", dtype=dtype)
    assert near.model.dtype == getattr(torch, dtype)
    assert (near.forward([noise(0.5)]).hidden.float() - exact).abs().mean() < 0.05 * exact.abs().mean()


def test_loading_leaves_transformers_verbosity_as_it_was(folders: dict[str, Path]) -> None:
    from transformers.utils import logging

    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    load(folders["hubert-group"], device="cpu")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before


def test_an_encoder_is_returned_as_it_is(folders: dict[str, Path]) -> None:
    encoder = load(folders["hubert-layer"], device="cpu")
    assert load(encoder) is encoder


def test_a_transformers_model_in_memory_has_the_maps_of_its_folder(folders: dict[str, Path]) -> None:
    folder, wave = folders["hubert-layer"], noise(0.3)
    expected = load(folder, device="cpu").maps(wave)
    for layer, attn_hqk in load(AutoModel.from_pretrained(folder)).maps(wave).items():
        assert np.array_equal(attn_hqk, expected[layer])


def test_a_transformers_model_without_a_folder_is_refused(folders: dict[str, Path]) -> None:
    model = AutoModel.from_config(AutoModel.from_pretrained(folders["hubert-layer"]).config)
    model.config.name_or_path = ""
    assert "found the model alone; save both to one folder with save_pretrained" in refusal(model)


@pytest.mark.parametrize("model", [torch.nn.Linear(2, 2), 3, None, {"weights": 1}])
def test_what_is_no_model_is_refused_with_what_to_pass(model: object) -> None:
    assert "make an Encoder of other modules with otoscope.wrap(module, samples_per_frame=...)" in refusal(model)
