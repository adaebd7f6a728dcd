"""Folders whose files say that the weights are another model are refused by name; wrappers and backends are read."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.helpers.model_fixtures import folders

from otoscope import load
from otoscope.errors import InputError, InputWarning

__all__ = ["folders"]


@pytest.fixture
def folder(folders, tmp_path) -> Path:
    return shutil.copytree(folders["hubert-layer"], tmp_path / "model")


def change(folder: Path, file: str = "config.json", **fields) -> None:
    settings = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(settings | fields))


@pytest.mark.parametrize("method", ["bitsandbytes", "gptq", "awq", "quanto", "torchao", "nonesuch"])
def test_quantised_weights_are_refused_by_name(folder, method):
    change(folder, quantization_config={"quant_method": method, "bits": 4})
    with pytest.raises(InputError, match=rf"has quantised weights \({method}\).*; give the model before quantisation"):
        load(folder, device="cpu")


@pytest.mark.parametrize("has_model", [True, False])
def test_an_adapter_is_refused_and_its_base_never_measured(folder, has_model):
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA", "base_model_name_or_path": "facebook/hubert"}')
    if not has_model:
        (folder / "config.json").unlink()
    with pytest.raises(InputError, match=r"contains an adapter \(LORA.* of facebook/hubert"):
        load(folder, device="cpu")


def test_weights_of_an_adapter_without_its_configuration_are_refused(folder):
    save_file({"lora_A.weight": torch.zeros(2)}, folder / "adapter_model.safetensors")
    with pytest.raises(InputError, match="contains an adapter "):
        load(folder, device="cpu")


def test_adapters_of_other_languages_are_reported(folder):
    for language in ("fra", "spa"):
        save_file({"weight": torch.zeros(2)}, folder / f"adapter.{language}.safetensors")
    with pytest.warns(InputWarning, match=r"has 2 adapters that are not measured \(adapter.fra.safetensors, "):
        load(folder, device="cpu")


@pytest.mark.filterwarnings("ignore:Casting complex values")
@pytest.mark.parametrize("kind", [torch.int8, torch.uint8, torch.float8_e4m3fn, torch.complex64])
@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_weights_of_8_bits_without_scales_are_refused(folder, kind, file):
    weights = load_file(folder / "model.safetensors")
    key = "encoder.layers.1.attention.k_proj.weight"
    weights[key] = weights[key].to(kind)
    (folder / "model.safetensors").unlink()
    if file.endswith(".bin"):
        torch.save(weights, folder / file)
    else:
        save_file(weights, folder / file, {"format": "pt"})
    with pytest.raises(InputError, match=rf"has quantised weights \('{key}' is "):
        load(folder, device="cpu")


@pytest.mark.parametrize("prefix", ["_orig_mod.", "module.", "module._orig_mod."])
def test_weights_saved_from_a_wrapper_are_the_models(folder, folders, prefix):
    weights = load_file(folder / "model.safetensors")
    save_file({prefix + key: value for key, value in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    read, original = (load(path, device="cpu").model.state_dict() for path in (folder, folders["hubert-layer"]))
    assert read.keys() == original.keys()
    assert all(torch.equal(read[key], original[key]) for key in original)


@pytest.mark.parametrize("implementation", ["flash_attention_2", "flex_attention"])
def test_a_backend_of_attention_that_needs_a_gpu_is_replaced(folder, folders, implementation):
    change(folder, _attn_implementation=implementation, attn_implementation=implementation)
    wave = torch.linspace(-0.5, 0.5, 8000).numpy()
    read, original = (load(path, device="cpu").maps(wave) for path in (folder, folders["hubert-layer"]))
    assert all((read[layer] == original[layer]).all() for layer in original)


@pytest.mark.parametrize(
    ("file", "fields"),
    [
        ("config.json", {"num_hidden_layers": 10**9}),
        ("config.json", {"num_hidden_layers": 0.5}),
        ("config.json", {"hidden_size": "large"}),
        ("config.json", {"num_attention_heads": -1}),
        ("config.json", {"layer_norm_eps": [1]}),
        ("config.json", {"hidden_act": "nonesuch"}),
        ("config.json", {"hidden_act": [1]}),
        ("config.json", {"num_labels": {"a": 1}}),
        ("preprocessor_config.json", {"sampling_rate": "16000"}),
        ("preprocessor_config.json", {"feature_size": 10**9}),
    ],
)
def test_a_field_of_the_wrong_type_or_size_is_one_line(folder, file, fields):
    change(folder, file, **fields)
    with pytest.raises(InputError) as refusal:
        load(folder, device="cpu")
    assert "\n" not in str(refusal.value)
    assert "; " in str(refusal.value)


@pytest.mark.parametrize("content", ["[]", "1", '"x"', "null", "{", "NaN"])
@pytest.mark.parametrize("file", ["config.json", "preprocessor_config.json"])
def test_a_configuration_that_is_no_object_is_refused(folder, file, content):
    (folder / file).write_text(content)
    with pytest.raises(InputError, match=r"cannot be loaded|has no feature extractor"):
        load(folder, device="cpu")
