"""Hand-written attention is measured exactly, in every spelling; what is not captured whole is refused by name."""

import warnings

import numpy as np
import pytest
import torch
from tests.helpers.attention_spellings import (
    HEADS,
    HOP,
    SPELLINGS,
    WIDTH,
    SpelledAttention,
    SpelledEncoder,
    Spelling,
    frames_of,
    plain,
    reference_maps,
    with_random_weights,
)
from tests.helpers.comparison import relative
from tests.helpers.tiny_models import noise
from torch import Tensor, nn
from torch.nn import functional as F

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.wrap import wrap

WAVE, SHORTER_WAVE = noise(0.3), noise(0.2)
EXACT, ROUNDED = 1e-12, 1e-5
SINGLE_PRECISION = {"wenet"}  # computes its softmax in float32, also with weights in float64


def wrapped(module: nn.Module) -> Encoder:
    return wrap(with_random_weights(module), samples_per_frame=HOP, inputs=frames_of)


def wrapped_spelling(name: str, layers: int) -> tuple[Encoder, float]:
    """Return an encoder of one spelling, and the largest difference that rounding explains."""
    module = with_random_weights(SpelledEncoder(*[SPELLINGS[name]] * layers))
    is_single = name in SINGLE_PRECISION
    encoder = wrap(module.float() if is_single else module, samples_per_frame=HOP, inputs=frames_of)
    return encoder, ROUNDED if is_single else EXACT


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_has_the_maps_and_the_output_of_the_definition(name: str) -> None:
    encoder, rounding = wrapped_spelling(name, layers=2)
    states = frames_of(WAVE).to(encoder.model.dtype)
    with torch.no_grad():
        expected = encoder.model.module(states[None])[0]
        maps = reference_maps(encoder.model.module, states)
    assert (encoder.n_layers, encoder.n_heads) == (2, (HEADS, HEADS))
    assert relative(encoder.forward([WAVE]).hidden[0].numpy(), expected.numpy()) < rounding
    for layer, attn_hqk in encoder.maps(WAVE).items():
        assert relative(attn_hqk, maps[layer]) < rounding


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_padded_batch_has_the_output_of_its_utterances_alone(name: str) -> None:
    encoder, rounding = wrapped_spelling(name, layers=1)
    together = encoder.forward([WAVE, SHORTER_WAVE])
    assert together.lengths == (len(WAVE) // HOP, len(SHORTER_WAVE) // HOP)
    for i, wave in enumerate((WAVE, SHORTER_WAVE)):
        states = frames_of(wave).to(encoder.model.dtype)
        with torch.no_grad():
            expected = encoder.model.module(states[None])[0].numpy()
        assert relative(together.hidden[i, : len(expected)].numpy(), expected) < rounding


@pytest.mark.parametrize("name", SPELLINGS)
def test_removing_a_head_equals_zeroing_its_columns(name: str) -> None:
    encoder, rounding = wrapped_spelling(name, layers=2)
    with encoder.without_heads([(0, 1)]):
        removed = encoder.forward([WAVE]).hidden
    encoder.layers[0].output.weight.data[:, WIDTH // HEADS :] = 0
    assert relative(removed.numpy(), encoder.forward_unhooked([WAVE]).numpy()) < rounding


@pytest.mark.parametrize("name", sorted({*SPELLINGS} - SINGLE_PRECISION))
def test_a_layer_behind_another_spelling_is_measured(name: str) -> None:
    """Formerly the second layer was missing without a message."""
    assert wrapped(SpelledEncoder(plain, SPELLINGS[name])).n_layers == 2


def causal(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(value, value, value, is_causal=True)


def test_causal_attention_does_not_reach_the_future() -> None:
    maps = wrapped(SpelledEncoder(causal)).maps(WAVE)[0]
    value = maps.shape[-1]
    assert np.array_equal(maps > 0, np.broadcast_to(np.tri(value, dtype=bool), maps.shape))
    assert np.abs(maps.sum(-1) - 1).max() < EXACT


class GroupedAttention(nn.Module):
    """Two heads of queries share one head of keys and values."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.shared, self.output = (nn.Linear(WIDTH, width) for width in (WIDTH, WIDTH, WIDTH))

    def forward(self, states: Tensor) -> Tensor:
        query = self.query(states).unflatten(-1, (HEADS, -1)).transpose(1, 2)
        key, value = (part[:, None] for part in self.shared(states).chunk(2, -1))
        context = F.scaled_dot_product_attention(query, key, value, enable_gqa=True)
        return states + self.output(context.transpose(1, 2).flatten(2))


def test_heads_that_share_keys_have_their_own_maps() -> None:
    encoder = wrapped(GroupedAttention())
    module, states = encoder.model.module, frames_of(WAVE).double()
    key = module.shared(states).chunk(2, -1)[0]
    query = module.query(states).unflatten(-1, (HEADS, -1)).transpose(0, 1)
    expected = (query @ key.T / (WIDTH // HEADS) ** 0.5).softmax(-1).detach().numpy()
    assert encoder.n_heads == (HEADS,)
    assert relative(encoder.maps(WAVE)[0], expected) < EXACT


def talking_heads(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    return (scores.softmax(-1).flip(1) * 0.5 + scores.softmax(-1) * 0.5) @ value


def gated(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    return (scores.softmax(-1) * 0.9) @ value


def head_by_head(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    weights = scores.softmax(-1)
    return torch.stack([weights[:, head] @ value[:, head] for head in range(HEADS)], 1)


def used_twice(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    weights = scores.softmax(-1)
    return weights @ value + weights.flip(-1) @ value


def sigmoids(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    return torch.sigmoid(scores) @ value


def always_dropout(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    return F.dropout(scores.softmax(-1), 0.5) @ value


def core(scores: Tensor, value: Tensor) -> Tensor:
    return torch.matmul(torch.softmax(scores, -1), value)


def scripted_function(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.script(core)(scores, value)


def windowed(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    blocks = value[:, :, : value.shape[2] // 5 * 5].unflatten(2, (-1, 5))
    blocks = (blocks @ blocks.mT).softmax(-1) @ blocks
    return F.pad(blocks.flatten(2, 3), (0, 0, 0, value.shape[2] - blocks.shape[2] * 5))


UNMEASURABLE = (talking_heads, gated, head_by_head, used_twice, sigmoids, always_dropout, scripted_function, windowed)


@pytest.mark.parametrize("spelling", UNMEASURABLE, ids=lambda spelling: spelling.__name__)
@pytest.mark.parametrize("first", [(), (plain,)], ids=["alone", "behind a layer that is captured"])
def test_what_is_not_captured_whole_is_refused_with_its_name(spelling: Spelling, first: tuple[Spelling, ...]) -> None:
    with pytest.raises(InputError, match=rf"layers\.{len(first)} \(SpelledAttention\)") as refused:
        wrapped(SpelledEncoder(*first, spelling))
    assert "\n" not in str(refused.value)


class PooledOutput(nn.Module):
    """A classifier and an average over time, in addition to the hidden states."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.pool, self.classes = SpelledEncoder(plain), nn.Linear(WIDTH, 1), nn.Linear(WIDTH, 5)
        self.table = nn.Embedding(5, WIDTH)

    def forward(self, states: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.encoder(states)
        hidden = hidden + self.classes(hidden).softmax(-1) @ self.table.weight
        return hidden, self.pool(hidden).softmax(1).transpose(1, 2) @ hidden


def test_other_softmaxes_are_no_attention() -> None:
    encoder = wrapped(PooledOutput())
    assert [type(layer).__name__ for layer in encoder.layers] == ["SpelledAttention"]
