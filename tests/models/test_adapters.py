"""An adapter of peft is measured merged into its base model, or refused by name; the base alone is never measured."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.model_fixtures import folders
from tests.helpers.tiny_models import noise
from transformers import AutoModel

import otoscope
from otoscope import load
from otoscope.errors import InputError
from otoscope.models import adapters
from otoscope.models.fingerprint import model_fingerprint
from otoscope.runs.run_config import make_plan

peft = pytest.importorskip("peft", reason="adapters need otoscope[adapters]")
__all__ = ["folders"]
pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing")  # peft reads an old name of transformers

WAVE = noise(0.5)
LORA = {"r": 2, "target_modules": ["q_proj", "v_proj"], "init_lora_weights": False}


def adapt(base: Path, out: Path, settings=None) -> torch.nn.Module:
    """Save an adapter with random weights of a base model, and return the model that peft makes of both."""
    torch.manual_seed(0)
    adapted = peft.get_peft_model(AutoModel.from_pretrained(base), settings or peft.LoraConfig(**LORA)).eval()
    adapted.save_pretrained(out)
    return adapted


@pytest.fixture(scope="module")
def wav2vec2(folders, tmp_path_factory) -> Path:
    adapt(folders["wav2vec2-layer"], out := tmp_path_factory.mktemp("adapter"))
    return out


def change(folder: Path, **fields) -> None:
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


@pytest.mark.parametrize("family", ["wav2vec2-layer", "whisper"])
def test_the_adapted_model_is_measured_and_not_its_base(folders, family, tmp_path):
    """The adapter was trained in a class with other names of modules than the folder of its base has."""
    adapted = adapt(folders[family], tmp_path)
    encoder, base = load(tmp_path, device="cpu"), load(folders[family], device="cpu")
    model = adapted.base_model.model.encoder if family == "whisper" else adapted
    with torch.no_grad():
        expected = model(**encoder.inputs([WAVE]), output_hidden_states=True).last_hidden_state
    hidden = encoder.forward([WAVE]).hidden
    np.testing.assert_allclose(hidden, expected[:, : hidden.shape[1]], atol=1e-5)
    assert (base.forward([WAVE]).hidden - hidden).abs().max() > 1e-2


def test_an_adapter_of_another_model_is_refused(folders, wav2vec2, tmp_path):
    adapt(folders["whisper"], tmp_path)
    change(tmp_path, base_model_name_or_path=str(folders["wav2vec2-layer"]), auto_mapping=None)
    with pytest.raises(InputError, match=r"the adapter in .* do not fit: .* have no counterpart; correct base_model"):
        load(tmp_path, device="cpu")


def test_an_adapter_that_cannot_be_merged_is_refused(wav2vec2, tmp_path):
    folder = shutil.copytree(wav2vec2, tmp_path / "adapter")
    change(folder, peft_type="PREFIX_TUNING")
    with pytest.raises(InputError, match=r"the adapter \(PREFIX_TUNING\) in .* cannot be merged"):
        load(folder, device="cpu")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"base_model_name_or_path": "no/such-model"}, r"\(LORA\) of no/such-model, which is neither a folder"),
        ({"base_model_name_or_path": None}, "states no peft_type or no base_model_name_or_path"),
    ],
)
def test_an_adapter_without_its_base_is_one_clear_line(wav2vec2, tmp_path, fields, message):
    (tmp_path / "adapter_config.json").write_bytes((wav2vec2 / "adapter_config.json").read_bytes())
    change(tmp_path, **fields)
    with pytest.raises(InputError, match=message) as refused:
        load(tmp_path, device="cpu")
    assert "\n" not in str(refused.value)


def test_an_adapter_of_an_adapter_is_refused(folders, wav2vec2, tmp_path):
    base = shutil.copytree(folders["wav2vec2-layer"], tmp_path / "base")
    folder = shutil.copytree(wav2vec2, tmp_path / "adapter")
    shutil.copy(folder / "adapter_config.json", base)
    change(folder, base_model_name_or_path=str(base))
    with pytest.raises(InputError, match="an adapter itself; merge that with peft first"):
        load(folder, device="cpu")


def test_without_peft_an_adapter_is_refused_by_name(wav2vec2, monkeypatch):
    monkeypatch.setattr(adapters, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"contains an adapter \(LORA, of .*\), and peft is not installed"):
        load(wav2vec2, device="cpu")


def test_a_plan_names_the_adapter_and_its_base(folders, wav2vec2):
    encoder, base = load(wav2vec2, device="cpu"), load(folders["wav2vec2-layer"], device="cpu")
    recorded = make_plan(encoder, [], "speech", [], {})["model"]
    assert recorded["adapter"] == {"kind": "LORA", "base": str(folders["wav2vec2-layer"])}
    assert recorded["fingerprint"] == model_fingerprint(encoder) != model_fingerprint(base)


def test_a_refined_adapter_is_a_whole_model(wav2vec2, tmp_path):
    encoder = load(wav2vec2, device="cpu")
    refined = load(otoscope.refine(wav2vec2, tmp_path / "out", remove=[(0, 1)]).path, device="cpu")
    with encoder.without_heads([(0, 1)]):
        expected = encoder.forward([WAVE]).hidden
    np.testing.assert_allclose(refined.forward([WAVE]).hidden, expected, atol=1e-5)
    assert refined.adapter is None
