"""The trained encoder of the package distillmos is measured exactly; its numbers are computed here from the weights."""

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from tests.helpers.comparison import relative
from tests.helpers.tiny_models import noise
from torch import Tensor, nn
from torch.nn import functional as F

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.wrap import ModuleOptions, wrap

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("distillmos") is None,
        reason="needs the package distillmos: pip install --no-deps distillmos xls-r-sqa",
    ),
]
HOP, FRAMES, HEADS = 320, 384, 8
PADDED_SECONDS = FRAMES * HOP / 16000
WAVE = noise(1.0)


class DistillMosEncoder(nn.Module):
    """The model without segments, pooling and score: waves `[B, 122880]` to hidden states `[B, 384, 200]`."""

    def __init__(self, model: Any) -> None:
        """See the class."""
        super().__init__()
        self.cnn, self.rest = model.cnn, model.transformer_pool_attn

    def frames(self, waves: Tensor) -> Tensor:
        """Return the input `[B, 384, 200]` of the first layer."""
        peaks = waves.abs().amax(1, keepdim=True) + 1e-8
        transformer = self.rest.transformer
        states = transformer.norm(self.rest.norm_input(self.cnn(waves / peaks))).transpose(1, 2)
        return transformer.position_encoding(transformer.linear_proj(states))

    def forward(self, waves: Tensor) -> Tensor:
        """Return the hidden states that the model pools."""
        states = self.rest.transformer.transformer_encoder(self.frames(waves))
        return self.rest.norm_trans(states.transpose(1, 2)).transpose(1, 2)


@pytest.fixture(scope="module")
def distillmos() -> DistillMosEncoder:
    """The trained model; torchaudio, which only its command line needs, may be absent."""
    is_absent = find_spec("torchaudio") is None
    if is_absent:
        sys.modules["torchaudio"] = ModuleType("torchaudio")
    try:
        from distillmos import ConvTransformerSQAModel
    finally:
        if is_absent:
            del sys.modules["torchaudio"]
    return DistillMosEncoder(ConvTransformerSQAModel()).double().eval()


@pytest.fixture(scope="module")
def encoder(distillmos: DistillMosEncoder) -> Encoder:
    return wrap(
        distillmos, samples_per_frame=HOP, name="distillmos", options=ModuleOptions(padded_seconds=PADDED_SECONDS)
    )


@torch.no_grad()
def by_hand(
    module: DistillMosEncoder, wave: np.ndarray, removed: frozenset[tuple[int, int]]
) -> tuple[list, np.ndarray]:
    """Return the maps `[H, 384, 384]` of each layer and the final hidden states `[384, 200]`, from the weights."""
    waves = torch.from_numpy(np.pad(wave, (0, FRAMES * HOP - len(wave)))).double()[None]
    states, maps = module.frames(waves)[0], []
    for number, layer in enumerate(module.rest.transformer.transformer_encoder.layers):
        attention = layer.self_attn
        query, key, value = F.linear(states, attention.in_proj_weight, attention.in_proj_bias).chunk(3, -1)
        contexts = []
        for head, (q, k, v) in enumerate(zip(*(part.chunk(HEADS, -1) for part in (query, key, value)), strict=True)):
            weights = torch.softmax(q @ k.T / q.shape[-1] ** 0.5, -1)
            maps.append(weights.numpy())
            contexts.append(weights @ v * ((number, head) not in removed))
        states = layer.norm1(states + attention.out_proj(torch.cat(contexts, -1)))
        states = layer.norm2(states + layer.linear2(F.relu(layer.linear1(states))))
    return [np.stack(maps[i : i + HEADS]) for i in range(0, len(maps), HEADS)], module.rest.norm_trans(states).numpy()


def test_its_maps_and_hidden_states_are_those_of_its_weights(encoder: Encoder, distillmos: DistillMosEncoder) -> None:
    expected_maps, expected_hidden = by_hand(distillmos, WAVE, frozenset())
    frames = len(WAVE) // HOP
    assert encoder.n_heads == (HEADS,) * 7
    for layer, attn_hqk in encoder.maps(WAVE).items():
        cropped = expected_maps[layer][:, :frames, :frames]
        assert relative(attn_hqk, cropped / cropped.sum(-1, keepdims=True)) < 1e-10
    assert relative(encoder.forward([WAVE]).hidden[0].numpy(), expected_hidden[:frames]) < 1e-10


def test_its_heads_are_removed_as_if_their_columns_were_zero(encoder: Encoder, distillmos: DistillMosEncoder) -> None:
    removed = frozenset({(0, 3), (5, 0)})
    _, expected = by_hand(distillmos, WAVE, removed)
    with encoder.without_heads(removed):
        hidden = encoder.forward([WAVE]).hidden[0].numpy()
    assert relative(hidden, expected[: len(hidden)]) < 1e-10


def test_the_whole_model_without_a_time_axis_is_refused(distillmos: DistillMosEncoder) -> None:
    with pytest.raises(InputError, match=r"expected hidden states \[batch, time, features\]"):
        wrap(
            nn.Sequential(distillmos, nn.AdaptiveAvgPool1d(1), nn.Flatten()),
            samples_per_frame=HOP,
            options=ModuleOptions(padded_seconds=7.68),
        )
