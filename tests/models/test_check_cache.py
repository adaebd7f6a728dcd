"""A self-check runs once for each model, number format and machine, and again where anything may have changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from otoscope.models import self_check
from otoscope.models.encoder import Encoder
from otoscope.models.load import load


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OTOSCOPE_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def checks(cache: Path, monkeypatch: pytest.MonkeyPatch) -> list[Encoder]:
    """Encoders that were checked on noise."""
    checked: list[Encoder] = []
    run = self_check.run_self_check
    monkeypatch.setattr(self_check, "run_self_check", lambda encoder: checked.append(encoder) or run(encoder))
    return checked


def test_the_second_load_gives_the_same_encoder_without_a_run(folder: Path, checks: list[Encoder]) -> None:
    """In every family; the maps of the encoder show that its attention is captured."""
    first, second = load(folder, device="cpu"), load(folder, device="cpu")
    assert len(checks) == 1
    names = [[module for module, _ in encoder.model.named_modules()] for encoder in (first, second)]
    assert names[0] == names[1]
    layers = [[list(e.model.modules()).index(layer) for layer in e.layers] for e in (first, second)]
    assert layers[0] == layers[1]
    for name in ("n_heads", "output_projections", "padding_invariant"):
        assert getattr(first, name) == getattr(second, name)
    wave = self_check.noise(first.sampling_rate)[0]
    assert (first.maps(wave, [0])[0] == second.maps(wave, [0])[0]).all()


def test_recheck_runs_it_again(folders: dict[str, Path], checks: list[Encoder]) -> None:
    for recheck in (False, True, False):
        load(folders["hubert-layer"], device="cpu", recheck=recheck)
    assert len(checks) == 2


CHANGES: dict[str, Callable[[Any], Any]] = {
    "a weight": lambda model: model.encoder.layers[0].attention.q_proj.weight.data.add_(1),
    "a setting": lambda model: setattr(model.config, "layer_norm_eps", 1e-3),
    "the number format": lambda model: model.to(torch.float64),
    "a hook": lambda model: model.encoder.register_forward_hook(lambda *_: None),
    "a method": lambda model: setattr(model.encoder, "forward", model.encoder.forward),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_model_is_checked_again(folders: dict[str, Path], checks: list[Encoder], change: str) -> None:
    encoder = load(folders["hubert-layer"], device="cpu")
    CHANGES[change](encoder.model)
    load(encoder.model)
    assert len(checks) == 2


def test_a_damaged_record_is_written_again(folders: dict[str, Path], cache: Path, checks: list[Encoder]) -> None:
    load(folders["hubert-layer"], device="cpu")
    (record,) = cache.glob("checks/*.json")
    record.write_text('{"layers": ["encoder"')
    load(folders["hubert-layer"], device="cpu")
    load(folders["hubert-layer"], device="cpu")
    assert len(checks) == 2


def test_without_a_cache_that_can_be_written_every_load_runs_it(
    folders: dict[str, Path], cache: Path, checks: list[Encoder]
) -> None:
    (cache / "checks").write_text("a file where the folder would be")
    for _ in range(2):
        assert load(folders["hubert-layer"], device="cpu").n_layers == 3
    assert len(checks) == 2
