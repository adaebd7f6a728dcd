"""`convert`: s3prl's checkpoints become models of otoscope, checked against the arithmetic that its papers describe.

The checkpoints are made here, with s3prl's names and random weights; nothing of what they hold may run.
"""

import argparse
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import erf
from tests.helpers.malicious import Malicious
from tests.helpers.tiny_models import noise
from torch import Tensor
from transformers import AutoModel, AutoModelForPreTraining

from otoscope.errors import InputError
from otoscope.models.checkpoints.convert import convert
from otoscope.models.load import load

WIDTH, WIDE, LAYERS, HEADS, BANDS = 24, 40, 3, 4, 80
SHAPE = {
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": WIDE,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "initializer_range": 0.02,
    "layer_norm_eps": "1e-12",
    "share_layer": False,
    "pre_layer_norm": False,
}


def random(*shape: int) -> Tensor:
    return torch.randn(*shape) * (2 * shape[-1] ** -0.5 if len(shape) > 1 else 0.3)


def linear(name: str, out: int, size: int) -> dict[str, Tensor]:
    return {f"{name}.weight": random(out, size), f"{name}.bias": random(out)}


def norm(name: str, old: bool = False) -> dict[str, Tensor]:
    names = ("gamma", "beta") if old else ("weight", "bias")
    return {f"{name}.{names[0]}": 1 + random(WIDTH), f"{name}.{names[1]}": random(WIDTH)}


def layer(name: str, old: bool) -> dict[str, Tensor]:
    return (
        linear(f"{name}.attention.self.query", WIDTH, WIDTH)
        | linear(f"{name}.attention.self.key", WIDTH, WIDTH)
        | linear(f"{name}.attention.self.value", WIDTH, WIDTH)
        | linear(f"{name}.attention.output.dense", WIDTH, WIDTH)
        | norm(f"{name}.attention.output.LayerNorm", old)
        | linear(f"{name}.intermediate.dense", WIDE, WIDTH)
        | linear(f"{name}.output.dense", WIDTH, WIDE)
        | norm(f"{name}.output.LayerNorm", old)
    )


def states(rate: int = 1, old: bool = False, shared: bool = False, **settings: Any) -> dict[str, Any]:
    """A checkpoint, in today's form or in that before 2021."""
    torch.manual_seed(3)
    stem = "input_representations"
    encoder = linear(f"{stem}.spec_transform", WIDTH, BANDS * rate) | norm(f"{stem}.LayerNorm", old)
    for number in range(LAYERS):
        torch.manual_seed(0 if shared else number)
        encoder |= layer(f"encoder.layer.{number}", old)
    head = linear("dense", WIDTH, WIDTH) | norm("LayerNorm", old) | linear("output", BANDS * rate, WIDTH)
    shape = SHAPE | {"share_layer": shared} | ({"downsample_rate": rate} if old else {})
    config = {"transformer": shape, "task": {"mask_proportion": 0.15}} | settings
    runs = {"Optimizer": {"state": {}, "param_groups": [{"lr": 2e-4}]}, "Global_step": 5}
    form = {"Settings": {"Config": config, "Paras": argparse.Namespace(gpu=True)}} if old else {"Config": config}
    return {"Transformer": encoder, "SpecHead": head} | runs | form


class Reference:
    """The forward pass as the papers describe it, in float64, one utterance `[T, bands]`."""

    def __init__(self, kept: dict[str, Any]) -> None:
        renamed = {**kept["Transformer"], **{f"head.{name}": t for name, t in kept["SpecHead"].items()}}
        self.weights = {
            name.replace("gamma", "weight").replace("beta", "bias"): t.double().numpy() for name, t in renamed.items()
        }

    def linear(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, name: str, x: np.ndarray) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return self.weights[f"{name}.weight"] * scaled + self.weights[f"{name}.bias"]

    def attention(self, name: str, x: np.ndarray) -> np.ndarray:
        parts = (self.linear(f"{name}.self.{part}", x) for part in ("query", "key", "value"))
        query, key, value = (part.reshape(len(x), HEADS, -1).swapaxes(0, 1) for part in parts)
        score = query @ key.swapaxes(1, 2) / np.sqrt(WIDTH / HEADS)
        A = np.exp(score - score.max(-1, keepdims=True))
        context = (A / A.sum(-1, keepdims=True) @ value).swapaxes(0, 1).reshape(len(x), WIDTH)
        return self.norm(f"{name}.output.LayerNorm", self.linear(f"{name}.output.dense", context) + x)

    def encode(self, stacked: np.ndarray) -> np.ndarray:
        position, column = np.arange(len(stacked))[:, None], np.arange(WIDTH)
        angle = position / 10000 ** (2 * (column // 2) / WIDTH)
        code = np.where(column % 2 == 0, np.sin(angle), np.cos(angle))
        x = self.norm(
            "input_representations.LayerNorm", self.linear("input_representations.spec_transform", stacked) + code
        )
        for number in range(LAYERS):
            name = f"encoder.layer.{number}"
            attended = self.attention(f"{name}.attention", x)
            inner = gelu(self.linear(f"{name}.intermediate.dense", attended))
            x = self.norm(f"{name}.output.LayerNorm", self.linear(f"{name}.output.dense", inner) + attended)
        return x

    def predict(self, hidden: np.ndarray) -> np.ndarray:
        return self.linear("head.output", self.norm("head.LayerNorm", gelu(self.linear("head.dense", hidden))))


def gelu(x: np.ndarray) -> np.ndarray:
    return x * (1 + erf(x / np.sqrt(2))) / 2


def converted(kept: Any, folder: Path) -> Path:
    torch.save(kept, folder / "states.ckpt")
    return convert(folder / "states.ckpt", folder / "model")


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_a_converted_model_computes_what_the_original_does(tmp_path: Path, old: bool, shared: bool) -> None:
    rate = 3 if old else 1
    kept = states(rate, old, shared)
    model = AutoModelForPreTraining.from_pretrained(converted(kept, tmp_path), dtype=torch.float64).eval()
    frames = torch.randn(1, 31, BANDS, dtype=torch.float64)
    with torch.no_grad():
        output = model(frames)
    reference = Reference(kept)
    hidden = reference.encode(frames[0, : 31 // rate * rate].reshape(31 // rate, rate * BANDS).numpy())
    np.testing.assert_allclose(output.last_hidden_state[0], hidden, rtol=0, atol=1e-5)  # positions are in float32
    np.testing.assert_allclose(output.prediction[0], reference.predict(hidden), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({}, "mockingjay"),
        ({"task": {"mask_frequency": 0.2}}, "tera"),
        ({"shared": True}, "audioalbert"),
    ],
)
def test_the_three_are_told_apart(tmp_path: Path, settings: dict[str, Any], kind: str) -> None:
    encoder = load(converted(states(**settings), tmp_path), device="cpu")
    assert encoder.family.model_type == kind
    assert (encoder.n_layers, encoder.n_heads, encoder.frame_period) == (LAYERS, (HEADS,) * LAYERS, 0.01)
    assert encoder.forward([noise(0.3)]).lengths == (31,)


def test_the_form_before_2021_keeps_its_stacking(tmp_path: Path) -> None:
    assert load(converted(states(3, old=True), tmp_path), device="cpu").frame_period == pytest.approx(0.03)


def test_a_checkpoint_without_its_head_becomes_an_encoder(tmp_path: Path) -> None:
    kept = states()
    del kept["SpecHead"]
    folder = converted(kept, tmp_path)
    assert type(AutoModel.from_pretrained(folder)).__name__ == "MockingjayModel"
    assert load(folder, device="cpu").n_layers == LAYERS


@pytest.mark.parametrize("legacy", [False, True])
def test_a_malicious_pickle_is_refused_and_does_not_run(tmp_path: Path, legacy: bool) -> None:
    witness = tmp_path / "ran"
    evil = states() | {"Scheduler": Malicious(witness)}
    torch.save(evil, tmp_path / "states.ckpt", _use_new_zipfile_serialization=not legacy)
    with pytest.raises(
        InputError, match=r"is refused: expected a checkpoint of tensors and plain data, it names .*system"
    ):
        convert(tmp_path / "states.ckpt", tmp_path / "model")
    assert not witness.exists()
    torch.load(tmp_path / "states.ckpt", weights_only=False)
    assert witness.exists(), "the pickle is harmless, so that its refusal shows nothing"


def test_a_plain_pickle_is_refused_too(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    (tmp_path / "states.ckpt").write_bytes(pickle.dumps(Malicious(witness)))
    with pytest.raises(InputError, match=r"is refused|is no checkpoint"):
        convert(tmp_path / "states.ckpt", tmp_path / "model")
    assert not witness.exists()


def without(key: str) -> dict[str, Any]:
    kept = states()
    del kept["Transformer"][key]
    return kept


def unequal() -> dict[str, Any]:
    kept = states(shared=True)
    kept["Transformer"]["encoder.layer.1.output.dense.bias"] += 1
    return kept


def with_bands(bands: int) -> dict[str, Any]:
    kept = states()
    kept["Transformer"] |= linear("input_representations.spec_transform", WIDTH, bands)
    return kept


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        (
            {"weights": {}},
            "contains weights; expected .*'Transformer' and 'Config' of s3prl",
        ),
        ({"Transformer": {}}, "does not hold its model's configuration"),
        (states(transformer=SHAPE | {"pre_layer_norm": True}), "normalises before its layers"),
        (states(audio={"kaldi": {}}), "takes 80 values of other features for each frame; expected 80 log-mel bands"),
        (with_bands(160), "takes 160 values of other features for each frame; expected 80 log-mel bands"),
        (without("encoder.layer.1.attention.self.key.bias"), "lacks 1 weights of its model"),
        (states(transformer=SHAPE | {"num_hidden_layers": 2}), "has 16 weights that its model has no place for"),
        (states(transformer=SHAPE | {"intermediate_size": 41}), "has weights of another shape than its configuration"),
        (unequal(), "is said to share one layer, but its layers differ"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_models_that_otoscope_does_not_implement_are_refused(tmp_path: Path, kept: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        converted(kept, tmp_path)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "model").exists()


def test_a_folder_that_exists_and_a_file_that_does_not_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exists already"):
        convert(tmp_path / "states.ckpt", tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        convert(tmp_path / "states.ckpt", tmp_path / "model")


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "states.ckpt").write_text("weights", encoding="utf-8")
    with pytest.raises(InputError, match=r"is refused|is no checkpoint") as refused:
        convert(tmp_path / "states.ckpt", tmp_path / "model")
    assert "\n" not in str(refused.value)
