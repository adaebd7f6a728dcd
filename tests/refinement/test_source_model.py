"""A model in memory is refined like its folder and stays as it is; what cannot be refined or benched is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise
from torch import nn
from transformers import AutoModel, AutoModelForSpeechSeq2Seq

from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.refinement.bench import bench
from otoscope.refinement.refine import refine

Original = Callable[[str], Path]
WAVE = noise(0.3)
REMOVED = [(0, 1), (2, 0)]


def test_an_encoder_and_a_module_are_refined_like_their_folder(original: Original, tmp_path: Path) -> None:
    folder = original("hubert-layer")
    encoder, module = load(folder, device="cpu"), AutoModel.from_pretrained(folder)
    before = encoder.forward([WAVE]).hidden
    with encoder.without_heads([(1, 1)]):  # an intervention is no part of the model
        refine(encoder, tmp_path / "encoder", remove=REMOVED)
    refine(module, tmp_path / "module", remove=REMOVED)
    refine(folder, tmp_path / "folder", remove=REMOVED)
    expected = load(tmp_path / "folder", device="cpu").forward([WAVE]).hidden
    for name in ("encoder", "module"):
        assert torch.equal(load(tmp_path / name, device="cpu").forward([WAVE]).hidden, expected)
    assert torch.equal(encoder.forward([WAVE]).hidden, before)


def test_a_module_of_no_family_is_not_refined(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"otoscope\.wrap"):
        refine(nn.Linear(2, 2), tmp_path / "out", remove=REMOVED)
    assert not (tmp_path / "out").exists()


def test_bench_asks_for_the_folder_of_a_model_in_memory(original: Original) -> None:
    with pytest.raises(InputError, match="found Encoder; `bench` loads the model in a process of its own"):
        bench(load(original("hubert-layer"), device="cpu"), seconds=[1])  # type: ignore[arg-type]


def test_a_decoder_with_the_weights_of_the_encoder_is_refused(tmp_path: Path) -> None:
    whole = AutoModelForSpeechSeq2Seq.from_pretrained(save_transcriber(tmp_path / "model", seconds=6))
    whole.model.decoder.layers[0].fc1.weight = whole.model.encoder.layers[0].fc1.weight
    message = r"found model\.encoder\.layers\.0\.fc1\.weight in model\.decoder\.layers\.0\.fc1\.weight too"
    with pytest.raises(InputError, match=message) as refused:
        refine(whole, tmp_path / "out", remove=REMOVED)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()
