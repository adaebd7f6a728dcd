"""`wrap`: any PyTorch encoder is measured without changes, for each of the ways in which torch computes attention."""

from typing import Any

import numpy as np
import pytest
import torch
from tests.helpers.comparison import by_definition, largest, measure, relative
from tests.helpers.tiny_models import noise
from torch import Tensor, nn
from torch.nn import functional as F

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.wrap import ModuleOptions, wrap

HEADS, WIDTH = 2, 16
WAVE = noise(0.3)
EXACT = 1e-12


class Projected(nn.Module):
    """Self-attention by hand but for its core, which `attend` gives."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs, self.output = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, hidden: Tensor) -> Tensor:
        query, key, value = (
            states.unflatten(-1, (HEADS, -1)).transpose(1, 2) for states in self.inputs(hidden).chunk(3, -1)
        )
        return hidden + self.output(self.attend(query, key, value).transpose(1, 2).flatten(2))


class Fused(Projected):
    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(query, key, value)


class Spelled(Projected):
    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        return torch.matmul(torch.softmax(scores, -1), value)


class Looking(nn.Module):
    """Of `nn.MultiheadAttention`, called as people call it."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden + self.attention(hidden, hidden, hidden, need_weights=False)[0]


def transformer(batch_first: bool = True, norm_first: bool = False) -> nn.Module:
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 24, batch_first=batch_first, norm_first=norm_first)
    return nn.TransformerEncoder(layer, 3, enable_nested_tensor=batch_first and not norm_first)


def random(module: nn.Module) -> nn.Module:
    torch.manual_seed(1)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.4)
    return module.double().eval()


def windows(wave: np.ndarray) -> Tensor:
    """Frames of 16 samples, every 160."""
    return torch.from_numpy(wave).unfold(0, WIDTH, 160)[: len(wave) // 160] * 10


def wrapped(module: nn.Module, **options: Any) -> Encoder:
    return wrap(random(module), samples_per_frame=160, inputs=windows, options=ModuleOptions(**options))


MODULES = {
    "TransformerEncoder": transformer,
    "TransformerEncoder, norm first": lambda: transformer(norm_first=True),
    "MultiheadAttention": lambda: nn.Sequential(Looking(), Looking()),
    "scaled_dot_product_attention": lambda: nn.Sequential(Fused(), Fused(), Fused()),
    "softmax and product": lambda: nn.Sequential(Spelled(), Spelled()),
}


@pytest.mark.parametrize("kind", MODULES)
def test_a_module_is_measured_and_left_as_it_is(kind: str) -> None:
    encoder = wrapped(MODULES[kind]())
    statistics, encoded = measure(encoder, [WAVE])
    maps = encoder.maps(WAVE)
    with torch.no_grad():
        expected = encoder.model.module(windows(WAVE).double()[None])[0]
    assert relative(encoded.hidden[0].numpy(), expected.numpy()) < EXACT
    assert largest(statistics[0], by_definition([maps[layer] for layer in range(encoder.n_layers)])) < EXACT
    assert encoder.n_heads == (HEADS,) * encoder.n_layers


def test_the_first_layers_maps_are_its_own() -> None:
    module = random(transformer())
    x = windows(WAVE).double()[None]
    _, expected = module.layers[0].self_attn(x, x, x, need_weights=True, average_attn_weights=False)
    maps = wrap(module, samples_per_frame=160, inputs=windows).maps(WAVE)
    assert relative(maps[0], expected[0].detach().numpy()) < EXACT


def test_fused_and_spelled_attention_have_the_same_maps() -> None:
    fused, spelled = wrapped(nn.Sequential(Fused(), Fused())), wrapped(nn.Sequential(Spelled(), Spelled()))
    for layer, maps in fused.maps(WAVE).items():
        assert relative(maps, spelled.maps(WAVE)[layer]) < EXACT


def test_time_may_come_first() -> None:
    first, second = wrapped(transformer()), wrapped(transformer(batch_first=False), batch_first=False)
    assert relative(first.forward([WAVE]).hidden.numpy(), second.forward([WAVE]).hidden.numpy()) < EXACT
    assert relative(first.maps(WAVE)[2], second.maps(WAVE)[2]) < EXACT


@pytest.mark.parametrize("kind", MODULES)
def test_removing_a_head_is_zeroing_its_columns(kind: str) -> None:
    encoder = wrapped(MODULES[kind]())
    with encoder.without_heads([(0, 1)]):
        removed = encoder.forward([WAVE]).hidden
    first = encoder.layers[0]
    projection = first.out_proj if isinstance(first, nn.MultiheadAttention) else first.output
    projection.weight.data[:, WIDTH // HEADS :] = 0
    assert relative(encoder.forward([WAVE]).hidden.numpy(), removed.numpy()) < EXACT


def test_one_layer_run_again_has_several_numbers() -> None:
    layer = Fused()
    encoder = wrapped(nn.Sequential(layer, layer, layer))
    maps = encoder.maps(WAVE)
    assert encoder.n_layers == 3
    assert not np.array_equal(maps[0], maps[1])


def test_a_classifiers_softmax_is_no_attention() -> None:
    """Also where there are as many classes as frames."""
    classifier = nn.Sequential(Fused(), Fused(), nn.Linear(WIDTH, len(WAVE) // 160), nn.Softmax(-1))
    assert wrapped(classifier).n_layers == 2


class CrossAttention(Projected):
    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(query, key[:, :, ::2], value[:, :, ::2])


class Pooled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = Fused()

    def forward(self, hidden: Tensor) -> Tensor:
        return self.layer(hidden).mean(1)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (CrossAttention, r"found attention to keys that are no frames in the module \(CrossAttention\)"),
        (Pooled, r"expected hidden states \[batch, time, features\] of Pooled, found \(1, 16\)"),
        (lambda: nn.Sequential(nn.Linear(WIDTH, WIDTH)), "no attention was found in Sequential"),
    ],
)
def test_what_cannot_be_measured_is_refused(module: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        wrapped(module())


def test_frames_that_are_told_wrongly_are_refused() -> None:
    with pytest.raises(InputError, match="expected 50 frames of 16000 samples, found 100"):
        wrap(random(transformer()), samples_per_frame=320, inputs=windows)


class FixedLength(nn.Module):
    """It has one learned position for each of 60 frames."""

    def __init__(self) -> None:
        super().__init__()
        self.layers, self.position = nn.Sequential(Fused(), Spelled()), nn.Parameter(torch.zeros(60, WIDTH))

    def forward(self, hidden: Tensor) -> Tensor:
        return self.layers(hidden + self.position)


PADDED_SECONDS = 60 * 160 / 16000


def test_a_module_of_one_length_is_measured_between_the_frames_of_the_utterance(monkeypatch: Any) -> None:
    monkeypatch.setattr("otoscope.models.self_check.SECONDS", (0.6, 0.5, 0.4))
    module = random(FixedLength())
    encoder = wrap(module, samples_per_frame=160, inputs=windows, options=ModuleOptions(padded_seconds=PADDED_SECONDS))
    frames = len(WAVE) // 160
    states = windows(np.pad(WAVE, (0, 9600 - len(WAVE)))).double() + module.position
    query, key, _ = (
        part.unflatten(-1, (HEADS, -1)).transpose(0, 1) for part in module.layers[0].inputs(states).chunk(3, -1)
    )
    whole = (query @ key.mT / (WIDTH // HEADS) ** 0.5).softmax(-1)[:, :frames, :frames].detach()
    assert relative(encoder.maps(WAVE)[0], (whole / whole.sum(-1, keepdim=True)).numpy()) < EXACT
    with torch.no_grad():
        expected = module(windows(np.pad(WAVE, (0, 9600 - len(WAVE)))).double()[None])[0, :frames]
    assert relative(encoder.forward([WAVE]).hidden[0].numpy(), expected.numpy()) < EXACT


def test_a_module_of_one_length_without_that_length_is_refused_with_the_option() -> None:
    with pytest.raises(
        InputError, match="pass `padded_seconds` in ModuleOptions if the module takes audio of one length"
    ):
        wrapped(FixedLength())


def test_frames_of_a_padded_module_that_are_stated_wrongly_are_refused(monkeypatch: Any) -> None:
    monkeypatch.setattr("otoscope.models.self_check.SECONDS", (0.6, 0.5))
    with pytest.raises(InputError, match="expected 30 frames of 9600 samples, found 60"):
        wrap(
            random(FixedLength()),
            samples_per_frame=320,
            inputs=windows,
            options=ModuleOptions(padded_seconds=PADDED_SECONDS),
        )
