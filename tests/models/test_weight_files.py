"""The weights of every family come back exactly from every form of file in which they are published."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.helpers.malicious import Malicious
from torch import Tensor
from transformers import AutoConfig

from otoscope.errors import InputError
from otoscope.models.load import load, load_weights, silence_transformers

Weights = dict[str, Tensor]


def weights_in(folder: Path) -> Weights:
    """The weights of a folder as transformers reads them."""
    with silence_transformers():
        config = AutoConfig.from_pretrained(folder)
        return load_weights(str(folder), torch.float32, config).state_dict()


def write_bin(folder: Path, weights: Weights) -> None:
    torch.save(weights, folder / "pytorch_model.bin")


def write_two_bins(folder: Path, weights: Weights) -> None:
    names = sorted(weights)
    files = {name: f"pytorch_model-0000{1 + number % 2}-of-00002.bin" for number, name in enumerate(names)}
    for file in sorted(set(files.values())):
        torch.save({name: weights[name] for name in names if files[name] == file}, folder / file)
    index = {"metadata": {"total_size": 1}, "weight_map": files}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))


def write_two_safetensors(folder: Path, weights: Weights) -> None:
    names = sorted(weights)
    files = {name: f"model-0000{1 + number % 2}-of-00002.safetensors" for number, name in enumerate(names)}
    for file in sorted(set(files.values())):
        save_file({name: weights[name] for name in names if files[name] == file}, folder / file, {"format": "pt"})
    index = {"metadata": {"total_size": 1}, "weight_map": files}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def with_old_names(weights: Weights) -> Weights:
    """Weights with the names of weight normalisation before torch 2.0."""
    names = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    for new, old in names.items():
        weights = {key.replace(new, old): value for key, value in weights.items()}
    return weights


def with_new_names(weights: Weights) -> Weights:
    """Weights with the names of weight normalisation since torch 2.0."""
    names = {".weight_g": ".parametrizations.weight.original0", ".weight_v": ".parametrizations.weight.original1"}
    for old, new in names.items():
        weights = {key.replace(old, new): value for key, value in weights.items()}
    return weights


def write_old_names(folder: Path, weights: Weights) -> None:
    save_file(with_old_names(weights), folder / "model.safetensors", {"format": "pt"})


def write_new_names(folder: Path, weights: Weights) -> None:
    save_file(with_new_names(weights), folder / "model.safetensors", {"format": "pt"})


def write_old_bin(folder: Path, weights: Weights) -> None:
    torch.save(with_old_names(weights), folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)


def rewritten(source: Path, target: Path, write: Callable[[Path, Weights], None]) -> Path:
    """A copy of a model folder with its weights in another form of file."""
    folder = shutil.copytree(source, target)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    write(folder, weights)
    return folder


def assert_equal(read: Weights, expected: Weights) -> None:
    assert read.keys() == expected.keys()
    assert all(torch.equal(read[key], expected[key]) for key in expected)


@pytest.mark.parametrize("write", [write_two_bins, write_old_bin])
def test_every_family_is_read_exactly_from_pickles_of_today_and_before(
    folder: Path, tmp_path: Path, write: Callable[[Path, Weights], None]
) -> None:
    assert_equal(weights_in(rewritten(folder, tmp_path / "model", write)), weights_in(folder))


@pytest.mark.parametrize("name", ["wav2vec2-group", "data2vec-audio", "whisper"])
@pytest.mark.parametrize("write", [write_bin, write_two_safetensors, write_old_names, write_new_names])
def test_every_form_of_file_holds_the_same_weights(folders, tmp_path, name, write) -> None:
    assert_equal(weights_in(rewritten(folders[name], tmp_path / "model", write)), weights_in(folders[name]))


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("hubert-layer", torch.bfloat16), ("whisper", torch.float16), ("seamless_m4t_v2", torch.bfloat16)],
)
def test_weights_saved_in_half_precision_are_read_exactly(folders, tmp_path, name, dtype) -> None:
    def write(path: Path, weights: Weights) -> None:
        halves = {key: value.to(dtype) if value.is_floating_point() else value for key, value in weights.items()}
        save_file(halves, path / "model.safetensors", {"format": "pt"})

    read = weights_in(rewritten(folders[name], tmp_path / "model", write))
    assert_equal(read, {key: value.to(dtype).to(value.dtype) for key, value in weights_in(folders[name]).items()})


def test_code_in_a_pickle_does_not_run(folders: dict[str, Path], tmp_path: Path) -> None:
    witness = tmp_path / "ran"

    def write(path: Path, weights: Weights) -> None:
        torch.save({**weights, "extra": Malicious(witness)}, path / "pytorch_model.bin")

    with pytest.raises(InputError, match=r"weights of .* cannot be loaded: "):
        load(rewritten(folders["hubert-group"], tmp_path / "model", write), device="cpu")
    assert not witness.exists()


@pytest.mark.parametrize("write", [write_two_bins, write_two_safetensors])
def test_a_missing_part_of_the_weights_is_one_line(folders: dict[str, Path], tmp_path: Path, write: Any) -> None:
    folder = rewritten(folders["hubert-group"], tmp_path / "model", write)
    next(iter(sorted(folder.glob("*-00002-of-*")))).unlink()
    with pytest.raises(InputError, match=r"weights of .* cannot be loaded: ") as refused:
        load(folder, device="cpu")
    assert "\n" not in str(refused.value)
