"""Every change of outputs and patterns equals a slow, obvious form in the model's own eager attention."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.comparison import relative
from tests.helpers.slow_attention import changed_maps, fresh, output_projection, slow, without_columns
from tests.helpers.tiny_models import noise
from torch import Tensor, nn

from otoscope.attention.output_changes import replace_outputs
from otoscope.attention.pattern_changes import (
    identity,
    offset_profile,
    pattern_of,
    uniform,
    without_keys,
)
from otoscope.errors import InputError
from otoscope.models.blocks import block_modules
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.models.output_sources import measure_profiles, run_outputs
from otoscope.models.wrap import wrap

pytestmark = pytest.mark.slow

WAVE, OTHER = noise(0.5), noise(0.8, seed=1)
LAYERS, EXACT = range(3), 1e-11
HEADS = [(0, 1), (2, 3)]
MULTIPLE = 2.0


def hidden(encoder: Encoder, wave: np.ndarray = WAVE) -> np.ndarray:
    return encoder.forward([wave]).hidden[0].numpy()


def in_all_layers(head: int) -> list[tuple[int, int]]:
    return [(layer, head) for layer in LAYERS]


def in_utterance(encoder: Encoder, tokens: int) -> Tensor:
    """Return whether each token is a frame of the utterance, or a patch in it (three bands, after two tokens)."""
    number, frames = torch.arange(tokens), encoder.num_frames(WAVE)
    if encoder.family.is_patch_grid:
        return (number >= 2) & ((number - 2) % ((tokens - 2) // 3) < frames)
    return number < frames


def changed_by_definition(maps: Tensor, is_inside: Tensor) -> Tensor:
    """Head 0 with the pattern of head 3, 1 uniform, 2 the identity, 3 without keys that draw much of the utterance."""
    attn = maps.reshape(-1, 4, *maps.shape[-2:])
    changed = torch.zeros_like(attn)
    changed[:, 0] = attn[:, 3]
    changed[:, 1] = (attn[:, 1] > 0).double() / (attn[:, 1] > 0).sum(-1, keepdim=True)
    changed[:, 2] = torch.eye(attn.shape[-1])
    share = attn[:, 3, is_inside].mean(-2, keepdim=True)
    rest = attn[:, 3] * (share <= MULTIPLE * (1 + 1e-6) / is_inside.sum())
    changed[:, 3] = torch.where(is_inside[:, None], rest / rest.sum(-1, keepdim=True), attn[:, 3])
    return changed.reshape(maps.shape)


def test_changed_patterns_are_those_of_the_definition(encoder: Encoder, folder: Path) -> None:
    model = fresh(folder)
    with changed_maps(model, lambda maps: changed_by_definition(maps, in_utterance(encoder, maps.shape[-1]))):
        expected = slow(folder, WAVE, model)
    changes = [
        pattern_of(in_all_layers(0), 3),
        uniform(in_all_layers(1)),
        identity(in_all_layers(2)),
        without_keys(in_all_layers(3), "sinks", MULTIPLE),
    ]
    with encoder.intervene(*changes):
        assert relative(hidden(encoder), expected.hidden) < EXACT


def test_a_profile_weighs_each_offset_by_its_mean_over_pairs(timed: Encoder, folder: Path) -> None:
    if timed.family.sees_silence:
        pytest.skip("its profile includes the silence after the utterance")
    maps = timed.maps(WAVE)

    def by_offset(A: np.ndarray) -> np.ndarray:
        T = len(A)
        weights = [[np.trace(A, k - q) / (T - abs(k - q)) for k in range(T)] for q in range(T)]
        return np.array(weights) / np.sum(weights, axis=1, keepdims=True)

    with timed.intervene(offset_profile([(0, 1)], measure_profiles(timed, [WAVE]))):
        assert relative(timed.maps(WAVE, [0])[0][1], by_offset(maps[0][1])) < EXACT


def test_removed_silence_gets_no_attention_and_rows_sum_to_one(timed: Encoder) -> None:
    wave = WAVE.copy()
    wave[2000:5000] = 0
    intact = timed.maps(wave, [0])[0][0]
    parts = np.array_split(wave.astype(np.float64) ** 2, len(intact))
    silent = [part.mean() <= 1e-4 * max(other.mean() for other in parts) for part in parts]
    assert any(silent)
    rest = intact * ~np.array(silent)
    with timed.intervene(without_keys([(0, 0)], "silence")):
        assert relative(timed.maps(wave, [0])[0][0], rest / rest.sum(1, keepdims=True)) < EXACT


def test_without_padding_a_model_attends_to_the_utterance_alone(encoder: Encoder) -> None:
    every, outside = [(layer, head) for layer in LAYERS for head in range(4)], []
    if not encoder.family.sees_silence:
        pytest.skip("it never attends to padding")
    with encoder.intervene(without_keys(every, "padding")):
        encoder.measure([WAVE], {"attention_outside"}, lambda _, reductions: outside.extend(reductions))
    shares = [each.attention_outside.abs().max() for each in outside]
    assert encoder.family.is_patch_grid or max(shares) < EXACT  # special tokens stay


def test_mean_outputs_are_removed_columns_and_another_bias(encoder: Encoder, folder: Path) -> None:
    source = encoder.measure_outputs([WAVE])
    model = without_columns(fresh(folder), HEADS)
    intact = fresh(folder)
    for layer, head in HEADS:
        projection, size = output_projection(intact, layer), output_projection(intact, layer).in_features // 4
        columns = projection.weight.data[:, head * size : (head + 1) * size]
        added = columns @ source.mean[layer][0, head]
        changed = output_projection(model, layer)
        changed.bias = nn.Parameter(added + (0 if changed.bias is None else changed.bias.data))
    if encoder.family.sees_silence:
        source = encoder.measure_outputs([WAVE])
        for mean in source.mean:
            mean[1] = mean[0]
    with encoder.intervene(replace_outputs("mean", HEADS, source)):
        assert relative(hidden(encoder), slow(folder, WAVE, model).hidden) < EXACT


def test_zero_outputs_are_removed_heads(encoder: Encoder) -> None:
    with encoder.without_heads(HEADS):
        expected = hidden(encoder)
    with encoder.intervene(replace_outputs("zero", HEADS)):
        np.testing.assert_array_equal(hidden(encoder), expected)


def test_a_feed_forward_block_of_zeros_has_no_weights(encoder: Encoder, folder: Path) -> None:
    names = {module: name for name, module in encoder.model.named_modules()}
    model = fresh(folder)
    for layer, modules in enumerate(block_modules(encoder)):
        for module in modules.feed_forward:
            name = names[module]
            shared = name.replace("layer.0.", f"layer.{layer}.") if len(set(encoder.layers)) == 1 else name
            linear = model.get_submodule(shared)
            nn.init.zeros_(linear.weight)
            nn.init.zeros_(linear.bias)
    with encoder.intervene(replace_outputs("zero", [(layer, 0) for layer in LAYERS], block="feed-forward")):
        assert relative(hidden(encoder), slow(folder, WAVE, model).hidden) < EXACT


def test_layers_of_zeros_add_nothing(encoder: Encoder) -> None:
    """The input of the layer after a skipped one is its input."""
    inputs: list[Tensor] = []
    modules = dict.fromkeys(each.layer for each in block_modules(encoder))

    def note(_: nn.Module, args: tuple[Tensor, ...], kwargs: dict[str, Tensor]) -> None:
        inputs.append((*args, *kwargs.values())[0])

    with ExitStack() as hooks:
        for module in modules:
            hooks.enter_context(module.register_forward_pre_hook(note, with_kwargs=True))
        with encoder.intervene(replace_outputs("zero", [(1, 0)], block="layer")):
            encoder.forward([WAVE])
    assert len(inputs) == len(LAYERS)
    assert torch.equal(inputs[1], inputs[2])


def test_changes_of_a_batch_are_those_of_its_utterances(encoder: Encoder) -> None:
    waves = [WAVE, OTHER]
    kinds = ("mean", "resample", "noise")
    source = encoder.measure_outputs(waves, kinds=kinds, positions=3)
    whole = encoder.measure_outputs(waves, "layer")
    changes = [
        replace_outputs("mean", [(0, 1)], source),
        replace_outputs("resample", [(2, 3)], source),
        replace_outputs("noise", [(2, 2)], source),
        replace_outputs("mean", [(1, 0)], whole, block="layer"),
        uniform([(1, 1)]),
        without_keys([(2, 0)], "silence"),
    ]
    with encoder.intervene(*changes):
        together = encoder.forward(waves)
        for index, wave in enumerate(waves):
            alone = hidden(encoder, wave)
            assert relative(together.hidden[index, : together.lengths[index]].numpy(), alone) < EXACT


def test_a_resampled_output_is_that_of_another_utterance_at_the_same_relative_time(timed: Encoder) -> None:
    source = timed.measure_outputs([WAVE, OTHER], kinds=("resample",))
    contexts: dict[int, list[Tensor]] = {}

    def note(wave: np.ndarray) -> Tensor:
        run_outputs(timed, wave, "heads", lambda layer, outputs: contexts.setdefault(layer, []).append(outputs.clone()))
        return contexts.pop(0)[0][:, 1]

    intact, frames = note(OTHER), [timed.num_frames(wave) for wave in (WAVE, OTHER)]
    with timed.intervene(replace_outputs("resample", [(0, 1)], source)):
        changed = note(WAVE)
    for t in range(frames[0]):
        assert torch.equal(changed[t], intact[int((t + 0.5) * frames[1] / frames[0])])


def test_noise_has_the_mean_and_the_covariance_of_the_head(folders: dict[str, Path]) -> None:
    encoder = load(folders["mockingjay"], device="cpu", dtype="float64")
    source = encoder.measure_outputs([WAVE, OTHER], kinds=("noise",))
    rows: list[np.ndarray] = []
    for wave in (WAVE, OTHER):
        run_outputs(encoder, wave, "heads", lambda layer, out: rows.append(out[:, 1].numpy()) if layer == 0 else None)
    factor = source.factor[0][1].numpy()
    np.testing.assert_allclose(source.mean[0][0, 1], np.concatenate(rows).mean(0), atol=1e-12)
    np.testing.assert_allclose(factor @ factor.T, np.cov(np.concatenate(rows).T, bias=True), atol=1e-9)


REFUSED = {
    "no layer 3": uniform([(3, 0)]),
    "no head 4": replace_outputs("zero", [(0, 4)]),
    "no layer 5": replace_outputs("zero", [(5, 0)], block="feed-forward"),
    "no head 9: layer 0 has heads 0 to 3": pattern_of([(0, 0)], 9),
}


@pytest.mark.parametrize("message", REFUSED)
def test_a_change_of_what_is_not_there_is_one_line(folders: dict[str, Path], message: str) -> None:
    encoder = load(folders["hubert-layer"], device="cpu")
    with pytest.raises(InputError, match=message), encoder.intervene(REFUSED[message]):
        hidden(encoder)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("median", [(0, 0)]), "expected a kind of ablation of zero, mean, resample, noise, found 'median'"),
        (("mean", [(0, 0)]), "expected outputs of heads for the kind mean, found none"),
    ],
)
def test_a_kind_without_its_outputs_is_one_line(arguments, message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace_outputs(*arguments)


class BareAttention(nn.Module):
    """Attention without a feed-forward block."""

    def __init__(self) -> None:
        """See the class."""
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, states: Tensor) -> Tensor:
        """Return the states after attention."""
        return self.attention(states, states, states)[0]


def test_a_block_that_cannot_be_reached_is_one_line() -> None:
    torch.manual_seed(0)
    encoder = wrap(
        BareAttention(), samples_per_frame=160, inputs=lambda wave: torch.from_numpy(wave).unfold(0, 160, 160)[:, :8]
    )
    with (
        pytest.raises(InputError, match="expected a feed-forward block next to the attention"),
        encoder.intervene(replace_outputs("zero", [(0, 0)], block="feed-forward")),
    ):
        pass
