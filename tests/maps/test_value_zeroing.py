"""Value zeroing against a forward pass of the model in which hooks set values to zero."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.helpers.slow_attention import ENCODERS, fresh, projection
from tests.helpers.tiny_models import noise
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoFeatureExtractor

from otoscope import ModuleOptions, wrap
from otoscope.errors import InputError
from otoscope.maps.value_zeroing import value_zeroing
from otoscope.models.load import load

WAVE = noise(0.6)
SPANS = [(0, 1), (3, 7), (8, 9)]
FAMILIES = (
    "wav2vec2-layer",
    "hubert-group",
    "mockingjay",
    "audioalbert",
    "wav2vec2-conformer-relative",
    "whisper",
    "wavlm-layer",
)
VALUES = ("v_proj", "value", "linear_v")


@pytest.fixture(params=FAMILIES)
def named(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Path:
    """The folder of each family in turn."""
    return folders[request.param]


def layer_name(model: Any, layer: int) -> str:
    head, _, _ = projection(model, layer).partition(f".{layer}.")
    return f"{head}.{layer}"


@contextmanager
def zeroed(model: Any, layer: int, span: tuple[int, int]) -> Iterator[None]:
    """Within the block the values of a span are zero in one layer."""

    def zero(value: Tensor) -> Tensor:
        value = value.clone()
        value[:, slice(*span)] = 0
        return value

    block = model.get_submodule(layer_name(model, layer))
    if type(model).__name__ == "WavLMModel":
        attention = block.attention
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(F, "multi_head_attention_forward", torch_attention(attention, zero))
            yield
        return
    (module,) = (module for name, module in block.named_modules() if name.split(".")[-1] in VALUES)
    hook = module.register_forward_hook(lambda _, inputs, value: zero(value))
    yield
    hook.remove()


def torch_attention(attention: nn.Module, zero: Any) -> Any:
    """torch's function, with the values of one layer's projection changed."""
    original = F.multi_head_attention_forward

    def forward(*args: Any, average_attn_weights: bool = True, **kwargs: Any) -> Any:
        if kwargs["v_proj_weight"] is not attention.v_proj.weight:
            return original(*args, **kwargs)
        maps = original(*args, **kwargs, average_attn_weights=False)[1]
        value = zero(F.linear(args[2], kwargs["v_proj_weight"], args[6].chunk(3)[2]).transpose(0, 1))
        heads = value.unflatten(-1, (maps.shape[1], -1)).transpose(1, 2)
        return F.linear((maps @ heads).transpose(1, 2).flatten(2).transpose(0, 1), *args[11:13]), maps

    return forward


def outputs(model: Any, inputs: dict[str, Tensor], layers: int) -> list[Tensor]:
    """Return the output of each layer in one forward pass, `[B, T, d]`."""
    layer_outputs: list[Tensor] = []
    hooks = [
        model.get_submodule(layer_name(model, layer)).register_forward_hook(
            lambda _, args, output: layer_outputs.append(output[0] if isinstance(output, tuple) else output)
        )
        for layer in range(layers)
    ]
    with torch.no_grad():
        model(**inputs)
    for hook in hooks:
        hook.remove()
    return layer_outputs


def inputs_of(folder: Path, model: Any, waves: list[np.ndarray]) -> dict[str, Tensor]:
    padding = {"padding": True} if len(waves) > 1 else {}
    features = AutoFeatureExtractor.from_pretrained(folder)(
        waves, sampling_rate=16000, return_tensors="pt", return_attention_mask=True, **padding
    )
    inputs = {model.main_input_name: features[model.main_input_name].double()}
    is_masked = len(waves) > 1 and type(model).__name__ not in ENCODERS
    return inputs | ({"attention_mask": features["attention_mask"]} if is_masked else {})


def by_hand(folder: Path, waves: list[np.ndarray], frames: int) -> np.ndarray:
    """Distances `[L, T, Z]` of the first wave, in a batch with the others."""
    model = fresh(folder)
    inputs = inputs_of(folder, model, waves)
    layers = sum(1 for name, _ in model.named_modules() if name in {projection(model, layer) for layer in range(9)})
    whole = outputs(model, inputs, layers)
    distances = np.zeros((layers, frames, len(SPANS)))
    for layer in range(layers):
        for index, span in enumerate(SPANS):
            with zeroed(model, layer, span):
                changed = outputs(model, inputs, layers)[layer][0, :frames].numpy()
            before = whole[layer][0, :frames].numpy()
            norms = np.linalg.norm(changed, axis=1) * np.linalg.norm(before, axis=1)
            distances[layer, :, index] = 1 - (changed * before).sum(1) / norms
    return distances


def test_scores_are_those_of_the_model_with_its_values_set_to_zero(named: Path) -> None:
    encoder = load(named, device="cpu", dtype="float64")
    distances = value_zeroing(encoder, WAVE, SPANS)
    expected = by_hand(named, [WAVE], encoder.num_frames(WAVE))
    assert expected.max() > 1e-4
    np.testing.assert_allclose(distances, expected, atol=1e-12)


@pytest.mark.parametrize("family", ["mockingjay", "wav2vec2-layer"])
def test_an_utterance_in_a_padded_batch_has_the_same_scores(family: str, folders: dict[str, Path]) -> None:
    encoder = load(folders[family], device="cpu", dtype="float64")
    expected = by_hand(folders[family], [WAVE, noise(0.9, seed=2)], encoder.num_frames(WAVE))
    np.testing.assert_allclose(value_zeroing(encoder, WAVE, SPANS), expected, atol=1e-9)


def test_every_frame_alone_is_the_default(folders: dict[str, Path]) -> None:
    encoder = load(folders["mockingjay"], device="cpu", dtype="float64")
    distances, frames = value_zeroing(encoder, WAVE), encoder.num_frames(WAVE)
    assert distances.shape == (encoder.n_layers, frames, frames)
    np.testing.assert_array_equal(distances[..., [0, 8]], value_zeroing(encoder, WAVE, SPANS)[..., [0, 2]])


@pytest.mark.parametrize("batch_first", [True, False])
def test_a_wrapped_module_is_zeroed_too(batch_first: bool) -> None:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(16, nhead=2, dim_feedforward=32, batch_first=batch_first).double()
    module = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False).eval()
    encoder = wrap(module, samples_per_frame=160, inputs=frames_of, options=ModuleOptions(batch_first=batch_first))
    distances = value_zeroing(encoder, WAVE, SPANS)
    x = frames_of(WAVE)[None]
    first = module.layers[0]
    maps = torch.from_numpy(encoder.maps(WAVE)[0])
    value = F.linear(x[0], first.self_attn.in_proj_weight[32:], first.self_attn.in_proj_bias[32:])
    for index, span in enumerate(SPANS):
        cut = value.clone()
        cut[slice(*span)] = 0
        original, changed = (layer_output(first, x[0], maps, states) for states in (value, cut))
        expected = 1 - F.cosine_similarity(original, changed, dim=-1)
        np.testing.assert_allclose(distances[0, :, index], expected.detach().numpy(), atol=1e-12)


def layer_output(layer: nn.TransformerEncoderLayer, x: Tensor, maps_hqk: Tensor, value: Tensor) -> Tensor:
    """Return one layer's output `[T, d]` from its maps and values."""
    context = (maps_hqk @ value.unflatten(-1, (2, 8)).transpose(0, 1)).transpose(0, 1).flatten(1)
    middle = layer.norm1(x + layer.self_attn.out_proj(context))
    return layer.norm2(middle + layer.linear2(F.relu(layer.linear1(middle))))


def frames_of(wave: np.ndarray) -> Tensor:
    return 30 * torch.from_numpy(wave).double().unfold(0, 160, 160)[:, :16]


def test_invalid_spans_and_models_raise(folders: dict[str, Path]) -> None:
    encoder = load(folders["mockingjay"], device="cpu")
    frames = encoder.num_frames(WAVE)
    for span in ((-1, 3), (4, 4), (0, frames + 1)):
        with pytest.raises(InputError, match=rf"expected spans of one frame or more within 0 to {frames}, found"):
            value_zeroing(encoder, WAVE, [span])
    with pytest.raises(InputError, match="attends between patches of a spectrogram"):
        value_zeroing(load(folders["audio-spectrogram-transformer"], device="cpu"), noise(1.2))
