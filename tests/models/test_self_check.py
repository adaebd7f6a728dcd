"""A model that would be measured wrongly is refused with the reason; a broken model fails each check."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.helpers.slow_attention import output_projection
from torch import nn
from transformers import PreTrainedModel
from transformers.models.hubert import modeling_hubert

from otoscope.errors import InputError
from otoscope.models import load as loading
from otoscope.models import self_check as selfcheck
from otoscope.models.builtin import hubert, wavlm
from otoscope.models.front_ends import FixedHop
from otoscope.models.load import load

Spoil = Callable[[Any], None]


@pytest.fixture(autouse=True)
def no_check_passed_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTOSCOPE_CACHE", str(tmp_path / "cache"))


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as refused:
        load(folder, device="cpu")
    message = str(refused.value)
    assert message.startswith(f"{folder} (")
    assert message.endswith("otoscope does not measure it")
    assert "\n" not in message
    return message


@pytest.fixture
def spoilt(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Spoil], Path]:
    """A model folder whose model is spoilt as soon as its weights are loaded."""

    def spoil_on_load(family: str, spoil: Spoil) -> Path:
        weights = loading.load_weights

        def spoilt_weights(*args: Any) -> Any:
            model = weights(*args)
            spoil(model)
            return model

        monkeypatch.setattr(loading, "load_weights", spoilt_weights)
        return folders[family]

    return spoil_on_load


def test_a_model_that_ignores_the_registry_is_refused(folders: dict[str, Path], monkeypatch: Any) -> None:
    """`set_attn_implementation` raises nothing there (a trap): only the count of calls shows it."""
    monkeypatch.setattr(PreTrainedModel, "set_attn_implementation", lambda *_: None)
    expected = "expected one attention call in each of 3 layers, found 0 calls in 0 modules"
    assert expected in refusal(folders["hubert-layer"])


def test_one_layer_that_is_not_reached_is_enough(folders: dict[str, Path], monkeypatch: Any) -> None:
    whole = modeling_hubert.HubertAttention.forward
    seen: list[nn.Module] = []

    def skipping(self: Any, hidden_states: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        seen.append(self)
        return (hidden_states, None) if self is seen[0] else whole(self, hidden_states, *args, **kwargs)

    monkeypatch.setattr(modeling_hubert.HubertAttention, "forward", skipping)
    assert "found 2 calls in 2 modules" in refusal(folders["hubert-group"])


def test_a_family_of_the_fallback_whose_modules_have_another_name_is_refused(
    folders: dict[str, Path], monkeypatch: Any
) -> None:
    renamed = replace(wavlm.FAMILY, attention_classes=("SomeOtherAttention",))
    monkeypatch.setattr(wavlm, "FAMILY", renamed)
    assert "found 0 calls in 0 modules" in refusal(folders["wavlm-layer"])


def test_a_layer_that_attends_twice_is_refused(folders: dict[str, Path], monkeypatch: Any) -> None:
    once = modeling_hubert.HubertAttention.forward

    def twice(self: Any, *args: Any, **kwargs: Any) -> Any:
        once(self, *args, **kwargs)
        return once(self, *args, **kwargs)

    monkeypatch.setattr(modeling_hubert.HubertAttention, "forward", twice)
    assert "found 6 calls in 3 modules" in refusal(folders["hubert-group"])


def test_equal_heads_are_refused(spoilt: Callable[[str, Spoil], Path]) -> None:
    def make_heads_equal(model: Any) -> None:
        for layer in model.encoder.layers:
            for projection in (layer.attention.q_proj, layer.attention.k_proj):
                for parameter in (projection.weight, projection.bias):
                    parameter.data.copy_(parameter.data[:12].repeat(4, *[1] * (parameter.ndim - 1)))

    message = refusal(spoilt("wav2vec2-layer", make_heads_equal))
    assert "all heads of each layer have the same attention map" in message


def test_uniform_attention_is_refused_as_equal_heads(spoilt: Callable[[str, Spoil], Path]) -> None:
    def silence(model: Any) -> None:
        for layer in model.encoder.layer:
            layer.attention.self.query.weight.data.zero_()
            layer.attention.self.query.bias.data.zero_()

    assert "same attention map" in refusal(spoilt("mockingjay", silence))


def test_weights_that_are_not_finite_are_refused(spoilt: Callable[[str, Spoil], Path]) -> None:
    def poison(model: Any) -> None:
        model.encoder.layers[1].attention.k_proj.weight.data[0, 0] = torch.nan

    line = "its numbers are not finite by the attention of layer 1; check its weights"
    assert line in refusal(spoilt("hubert-layer", poison))


def test_weights_that_are_not_finite_after_the_attention_are_refused(spoilt: Callable[[str, Spoil], Path]) -> None:
    def poison(model: Any) -> None:
        output_projection(model, 2).bias.data[0] = torch.nan

    assert "its numbers are not finite after its last layer; check its weights" in refusal(
        spoilt("wavlm-layer", poison)
    )


def test_an_overflow_in_half_precision_is_refused(folders: dict[str, Path], monkeypatch: Any) -> None:
    """Large weights that float32 holds; the message names the layer and the way out."""
    weights = loading.load_weights

    def large(*args: Any) -> Any:
        model = weights(*args)
        output_projection(model, 0).weight.data.mul_(3e4)
        return model

    monkeypatch.setattr(loading, "load_weights", large)
    assert load(folders["hubert-layer"], device="cpu").n_layers == 3
    with pytest.raises(InputError, match="its numbers overflow float16 by the attention of layer 1; use dtype"):
        load(folders["hubert-layer"], device="cpu", dtype="float16")


def test_frames_that_are_told_wrongly_are_refused(folders: dict[str, Path], monkeypatch: Any) -> None:
    """A front end of another shape than its family's row says."""
    wrong = replace(hubert.FAMILY, front_end=FixedHop(640))
    monkeypatch.setattr(hubert, "FAMILY", wrong)
    assert "expected 25 frames of 16000 samples, found 50" in refusal(folders["hubert-layer"])


def test_rows_that_do_not_sum_to_one_are_refused(folders: dict[str, Path], monkeypatch: Any) -> None:
    honest = selfcheck.full_maps
    monkeypatch.setattr(selfcheck, "full_maps", lambda *args: 0.9 * honest(*args))
    assert "rows of its attention maps do not sum to one" in refusal(folders["data2vec-audio"])


@pytest.mark.parametrize("family", ["hubert-layer", "wavlm-layer", "mockingjay"])
def test_an_output_that_changes_when_it_is_watched_is_refused(
    family: str, spoilt: Callable[[str, Spoil], Path]
) -> None:
    """Here by an encoder whose every call gives something else."""
    calls = iter(range(1000))

    def drift(module: nn.Module, args: Any, output: Any) -> None:
        output.last_hidden_state = output.last_hidden_state * (1 + 0.01 * next(calls))

    message = refusal(spoilt(family, lambda model: model.register_forward_hook(drift)))
    assert "capturing its attention changes its output by" in message
    assert "of its largest value" in message


def test_a_model_that_passes_is_described(folders: dict[str, Path]) -> None:
    encoder = load(folders["hubert-layer"], device="cpu")
    assert (encoder.n_layers, encoder.n_heads) == (3, (4, 4, 4))
    assert (encoder.sampling_rate, encoder.frame_period) == (16000, 0.02)
    assert (encoder.family.model_type, encoder.family.mechanism) == ("hubert", "registry")
    assert encoder.layers == tuple(layer.attention for layer in encoder.model.encoder.layers)
    assert load(folders["wavlm-layer"], device="cpu").family.mechanism == "fallback"
