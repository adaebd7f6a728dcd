"""Ablation is exact: removing heads and limiting spans equals a change of the model itself (invariant 5)."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.comparison import by_definition, largest, measure, relative
from tests.helpers.slow_attention import band, fresh, slow, without_columns
from tests.helpers.tiny_models import noise
from torch import Tensor, nn

from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import HeadFactors, Intervention, with_factors
from otoscope.attention.pattern_changes import uniform
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import load

pytestmark = pytest.mark.slow

WAVE = noise(0.9)
EXACT = 1e-12
ONE_OF_EACH_CAPTURE = ("mockingjay", "wavlm-layer", "whisper", "audio-spectrogram-transformer")
"""The registry of transformers, torch's function, padding that is attended to, and patches."""
WHOLE_LAYER = [(1, head) for head in range(4)]
EVERYTHING = [(layer, head) for layer in range(3) for head in range(4)]


def hidden(encoder: Encoder, wave: np.ndarray = WAVE) -> np.ndarray:
    return encoder.forward([wave]).hidden[0].numpy()


@pytest.mark.parametrize("heads", [[(0, 1), (1, 0), (1, 2)], EVERYTHING], ids=str)
def test_removing_heads_is_zeroing_their_columns(encoder: Encoder, folder: Path, heads: list[tuple[int, int]]) -> None:
    assert_removal_is_exact(encoder, folder, heads)


@pytest.mark.parametrize("heads", [[(0, 0)], [(2, 3)], WHOLE_LAYER], ids=str)
@pytest.mark.parametrize("name", ONE_OF_EACH_CAPTURE)
def test_other_sets_of_heads_are_zeroed_in_one_family_of_each_capture(folders, name: str, heads: list) -> None:
    assert_removal_is_exact(load(folders[name], device="cpu", dtype="float64"), folders[name], heads)


def assert_removal_is_exact(encoder: Encoder, folder: Path, heads: list[tuple[int, int]]) -> None:
    expected = slow(folder, WAVE, without_columns(fresh(folder), heads))
    with encoder.without_heads(heads):
        assert relative(hidden(encoder), expected.hidden) < EXACT
        statistics = measure(encoder, [WAVE])[0][0]
    assert largest(statistics, by_definition(expected.maps)) < EXACT


def test_removing_a_head_changes_the_output(encoder: Encoder) -> None:
    intact = hidden(encoder)
    for head in EVERYTHING:
        with encoder.without_heads([head]):
            assert relative(hidden(encoder), intact) > 1e-3


def test_nested_removals_add_up_and_end_one_by_one(encoder: Encoder) -> None:
    intact = hidden(encoder)
    with encoder.without_heads([(0, 2), (2, 0)]):
        both = hidden(encoder)
    with encoder.without_heads([(0, 2)]):
        outer = hidden(encoder)
        with encoder.without_heads([(2, 0)]):
            np.testing.assert_array_equal(hidden(encoder), both)
        np.testing.assert_array_equal(hidden(encoder), outer)
    np.testing.assert_array_equal(hidden(encoder), intact)


def test_an_exception_within_the_block_leaves_the_model_intact(timed: Encoder) -> None:
    intact = hidden(timed)
    with pytest.raises(KeyboardInterrupt), timed.without_heads(WHOLE_LAYER), timed.limit_span(2):
        raise KeyboardInterrupt
    np.testing.assert_array_equal(hidden(timed), intact)


def test_a_failure_while_the_model_runs_leaves_it_intact(encoder: Encoder) -> None:
    """The hooks of function capture are also removed."""

    def fails(layer: int, _: Sequence[object]) -> None:
        raise RuntimeError(f"layer {layer}")

    intact = hidden(encoder)
    hooks = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in encoder.model.modules())
    with pytest.raises(RuntimeError, match="layer 0"):
        encoder.measure([WAVE], {"row_max"}, fails)
    assert sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in encoder.model.modules()) == hooks
    np.testing.assert_array_equal(hidden(encoder), intact)


@pytest.mark.parametrize(("radius", "renormalise"), [(0, False), (3, True)])
def test_a_span_is_a_band_mask(timed: Encoder, folder: Path, radius: int, renormalise: bool) -> None:
    model = fresh(folder)
    with band(model, radius, renormalise, WAVE):
        expected = slow(folder, WAVE, model)
    with timed.limit_span(radius, renormalise):
        statistics, encoded = measure(timed, [WAVE])
        maps = timed.maps(WAVE)
    assert relative(encoded.hidden[0].numpy(), expected.hidden) < EXACT
    assert max(relative(maps[layer], A) for layer, A in enumerate(expected.maps)) < EXACT
    assert largest(statistics[0], by_definition(expected.maps)) < EXACT


@pytest.mark.parametrize("renormalise", [True, False])
def test_a_span_as_long_as_the_utterance_is_the_plain_model(timed: Encoder, renormalise: bool) -> None:
    """If the model attends to silence after the utterance, the span includes that silence."""
    intact = hidden(timed)
    frames = timed.num_frames(WAVE) if timed.max_seconds == np.inf else round(timed.max_seconds / timed.frame_period)
    for radius in (frames - 1, frames, 10 * frames):
        with timed.limit_span(radius, renormalise):
            assert relative(hidden(timed), intact) < EXACT


def test_an_inner_span_replaces_the_outer_one(timed: Encoder) -> None:
    with timed.limit_span(3):
        narrow = hidden(timed)
        with timed.limit_span(20, renormalise=False):
            wide = hidden(timed)
        np.testing.assert_array_equal(hidden(timed), narrow)
    with timed.limit_span(20, renormalise=False):
        np.testing.assert_array_equal(hidden(timed), wide)


def test_interventions_of_one_encoder_do_not_reach_another(timed: Encoder, folders: dict[str, Path]) -> None:
    other = load(folders["hubert-layer"], device="cpu", dtype="float64")
    intact = hidden(other)
    with timed.without_heads(EVERYTHING), timed.limit_span(0):
        np.testing.assert_array_equal(hidden(other), intact)


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        ([(3, 0)], "no layer 3: .* has layers 0 to 2"),
        ([(-1, 0)], "no layer -1"),
        ([(0, 0), (1, 4)], "no head 4: layer 1 of .* has heads 0 to 3"),
    ],
)
def test_a_head_that_does_not_exist_raises(encoder: Encoder, heads: list[tuple[int, int]], message: str) -> None:
    with pytest.raises(InputError, match=message), ExitStack() as stack:
        stack.enter_context(encoder.without_heads(heads))


def test_a_negative_span_raises(timed: Encoder) -> None:
    with pytest.raises(InputError, match="expected a span of 0 frames or more, got -1"), timed.limit_span(-1):
        pass
    with pytest.raises(InputError, match="expected a span of at most 1000000 frames"), timed.limit_span(10**20):
        pass


def test_maps_and_statistics_are_those_of_the_gated_heads(timed: Encoder) -> None:
    intact = timed.maps(WAVE, [0])[0]
    gates = [HeadFactors(0, 1, temperature=3.0), HeadFactors(0, 3, temperature=0.5)]
    with timed.intervene(uniform([(0, 3)]), *gates):
        maps, statistics = timed.maps(WAVE), measure(timed, [WAVE])[0][0]
        single = timed.attention(WAVE, 0, 1)
    flatter = intact[1] ** (1 / 3)
    assert relative(maps[0][1], flatter / flatter.sum(-1, keepdims=True)) < EXACT
    np.testing.assert_array_equal(maps[0][[0, 2]], intact[[0, 2]])
    np.testing.assert_array_equal(single, maps[0][1])
    assert largest(statistics, by_definition([maps[layer] for layer in range(3)])) < EXACT


def test_a_very_high_temperature_is_uniform_attention(encoder: Encoder) -> None:
    """Also outside of the utterance, and between patches."""
    shares = []
    for change in (uniform([(0, 1)]), HeadFactors(0, 1, temperature=1e15)):
        outside: list[Tensor] = []
        with encoder.intervene(change):
            encoder.measure([WAVE], {"attention_outside", "column_sum"}, lambda _, each, o=outside: o.extend(each))
            grid = encoder.grid_maps(WAVE, [0])[0] if encoder.family.is_patch_grid else np.zeros(1)
        rows = [each.column_sum if each.attention_outside is None else each.attention_outside for each in outside]
        shares.append([*(row.numpy() for row in rows), outside[0].column_sum.numpy(), grid])
    for uniform_share, gated_share in zip(*shares, strict=True):
        assert relative(gated_share, uniform_share) < EXACT


def test_a_scale_is_one_of_the_values(encoder: Encoder) -> None:
    norms: list[np.ndarray] = []
    for scale in (1.0, 0.25):
        with encoder.intervene(HeadFactors(0, 1, scale=scale)):
            encoder.measure([WAVE], {"value_norm"}, lambda _, each: norms.append(each[0].value_norm.numpy()))
    np.testing.assert_allclose(norms[3][1], 0.25 * norms[0][1], rtol=1e-12)
    np.testing.assert_array_equal(norms[3][0], norms[0][0])


def test_a_forbidden_key_of_a_gated_head_stays_forbidden() -> None:
    states, bias = torch.ones(1, 1, 3, 2), torch.tensor([0.5, 0.0, torch.finfo(torch.float32).min])
    call = AttentionCall(nn.Identity(), states, states, states, 1.0, bias.expand(1, 1, 3, 3), (3,))
    gated = with_factors(Intervention(factors=(HeadFactors(0, 0, temperature=4.0),)), call, 0)
    change = uniform([(0, 0)]).change(gated, gated, (0, 0))
    assert gated.bias_bhqk[0, 0, 0].tolist() == [0.125, 0.0, bias[2].item()]
    assert change.bias_bhqk[0, 0, 0].tolist() == [0.0, 0.0, -torch.inf]
