"""Each attribution equals its slow, obvious form: finite differences, loops over pieces, layers and frames."""

import numpy as np
import pytest
import torch
from tests.attribution.conftest import FRAMES_READ, WAVE, make_context
from tests.helpers.tiny_models import noise

from otoscope.attribution import ATTRIBUTIONS
from otoscope.attribution.input_states import check_input, read_input
from otoscope.errors import InputError
from otoscope.maps.value_zeroing import value_zeroing
from otoscope.models.blocks import block_modules
from otoscope.models.capture import default_handler, forward_with_handler
from otoscope.models.load import load


def score_by(name, context):
    return ATTRIBUTIONS.get(name).function(context)


def scores_at(context, states_td):
    """Return the scores `[n]` of one run of the model on some states."""
    with torch.no_grad():
        return context.outputs.scores(context.states.run(states_td[None]))[0].double().numpy()


def test_a_run_on_the_unchanged_states_is_that_of_the_model(context):
    hidden = context.encoder.forward([WAVE]).hidden[0].float()
    with torch.no_grad():
        torch.testing.assert_close(context.states.run(context.states.states_td[None])[0], hidden)


@pytest.mark.parametrize("family", ["wav2vec2-layer", "wavlm-layer", "audioalbert", "whisper", "seamless_m4t_v2"])
def test_changed_states_are_those_of_the_first_layer_and_of_the_utterance_alone(folders, family):
    """A hook of torch alone changes the same states; what a model sees after the utterance stays."""
    encoder, wave = load(folders[family], device="cpu"), noise(0.5)
    states = read_input(encoder, wave)
    change = torch.linspace(0, 1, len(states.states_td))[:, None]
    handle = None

    def add(module, args, kwargs):
        handle.remove()
        name = None if args else next(iter(kwargs))
        value = (args[0] if args else kwargs[name]).clone()
        value[0, : len(change)] += change
        return ((value, *args[1:]), kwargs) if args else (args, {**kwargs, name: value})

    handle = block_modules(encoder)[0].layer.register_forward_pre_hook(add, with_kwargs=True)
    slow = forward_with_handler(encoder, [wave], lambda call: default_handler(encoder, call))
    with torch.no_grad():
        fast = states.run(torch.stack([states.states_td, states.states_td + change]))
    torch.testing.assert_close(fast[1:], slow.float(), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(fast[0], fast[1])


def test_padding_of_a_batch_of_other_runs_changes_no_score(context):
    """Runs of an utterance are batched with each other alone: each gives what it gives by itself."""
    deleted = np.random.default_rng(0).random((5, context.pieces.count)) < 0.5
    alone = np.vstack([context.scores_without(row[None]) for row in deleted])
    np.testing.assert_allclose(context.scores_without(deleted), alone, rtol=1e-5)


def test_occlusion_is_a_loop_over_pieces(context):
    states_td, slow = context.states.states_td, []
    for start, stop in context.pieces.spans:
        occluded = states_td.clone()
        occluded[start:stop] = states_td.mean(0)
        slow.append(scores_at(context, states_td) - scores_at(context, occluded))
    np.testing.assert_allclose(score_by("occlusion", context), np.transpose(slow), rtol=1e-4, atol=1e-6)


def test_gradient_times_input_is_the_slope_towards_the_baseline(context):
    states_td, step = context.states.states_td, 1e-2
    fast = score_by("gradient-input", context)
    for number, (start, stop) in enumerate(context.pieces.spans):
        away = torch.zeros_like(states_td)
        away[start:stop] = (states_td - states_td.mean(0))[start:stop]
        ends = [scores_at(context, states_td + sign * step * away) for sign in (1, -1)]
        np.testing.assert_allclose(fast[:, number], (ends[0] - ends[1]) / (2 * step), rtol=1e-2, atol=1e-3)


def test_integrated_gradients_sum_to_the_drop_and_equal_a_loop_over_steps(context):
    states_td, baseline_td = context.states.states_td, context.baseline_td
    slow = 0.0
    for step in range(8):
        point = (baseline_td + (step + 0.5) / 8 * (states_td - baseline_td)).clone().requires_grad_()
        scores = context.outputs.scores(context.states.run(point[None]))[0]
        gradients = [torch.autograd.grad(score, point, retain_graph=True)[0] for score in scores]
        products = torch.stack([(gradient * (states_td - baseline_td)).sum(-1) for gradient in gradients]) / 8
        slow = slow + np.stack([products[:, a:b].sum(-1).numpy() for a, b in context.pieces.spans], -1)
    fast = score_by("integrated-gradients", context)
    np.testing.assert_allclose(fast, slow, rtol=1e-4, atol=1e-6)
    drop = scores_at(context, states_td) - scores_at(context, baseline_td)
    np.testing.assert_allclose(fast.sum(-1), drop, rtol=0.2, atol=0.1)


def test_attention_is_the_row_of_the_frame_that_is_read(context):
    maps, fast = context.encoder.maps(WAVE), score_by("attention", context)
    for n, frame in enumerate(FRAMES_READ):
        for layer, maps_hqk in maps.items():
            slow = [maps_hqk[:, frame, a:b].sum(-1) for a, b in context.pieces.spans]
            np.testing.assert_allclose(fast[n, layer], np.transpose(slow), rtol=1e-5)


@torch.inference_mode()
def test_attention_norm_is_the_norm_of_each_projected_value(context):
    calls = {}

    def handler(call):
        calls[call.layer] = call
        return default_handler(context.encoder, call)

    forward_with_handler(context.encoder, [WAVE], handler)
    fast, maps = score_by("attention-norm", context), context.encoder.maps(WAVE)
    for layer, call in calls.items():
        heads, _, size = call.value_bhtd[0].shape
        for head in range(heads):
            projected = call.value_bhtd[0, head] @ call.output[:, head * size : (head + 1) * size].T
            norm_t = projected.norm(dim=-1).numpy()
            row = maps[layer][head, FRAMES_READ[0]] * norm_t
            slow = [row[a:b].sum() for a, b in context.pieces.spans]
            np.testing.assert_allclose(fast[0, layer, head], slow, rtol=1e-5)


def test_rollout_is_a_loop_over_layers_and_frames(context):
    maps, frames = context.encoder.maps(WAVE), context.pieces.frames
    through = np.eye(frames)
    for layer in sorted(maps):
        mixed = np.zeros_like(through)
        for q in range(frames):
            weights = maps[layer][:, q].mean(0) + np.eye(frames)[q]
            for k in range(frames):
                mixed[q] += weights[k] / weights.sum() * through[k]
        through = mixed
    slow = [[through[frame, a:b].sum() for a, b in context.pieces.spans] for frame in FRAMES_READ]
    np.testing.assert_allclose(score_by("rollout", context), slow, rtol=1e-5)


def test_value_zeroing_is_a_loop_over_layers_and_pieces(context):
    spans, count = context.pieces.spans, context.pieces.count
    through = np.eye(count)
    for distance_tz in value_zeroing(context.encoder, WAVE, spans):
        mixed = np.zeros((count, count))
        for row, (a, b) in enumerate(spans):
            scores = distance_tz[a:b].mean(0)
            weights = scores / scores.sum() + np.eye(count)[row]
            mixed[row] = weights / weights.sum() @ through
        through = mixed
    slow = [through[frame // context.pieces.size] for frame in FRAMES_READ]
    np.testing.assert_allclose(score_by("value-zeroing", context), slow, rtol=1e-6)


def test_distance_counts_frames(context):
    slow = [[-np.abs(np.arange(a, b) - frame).mean() for a, b in context.pieces.spans] for frame in FRAMES_READ]
    np.testing.assert_allclose(score_by("distance", context), slow)


def test_scores_within_an_utterance_leave_out_what_a_model_sees_after_it(folders):
    """Rows of heads are those of the utterance alone, and sum to one."""
    context = make_context(load(folders["whisper"], device="cpu"), noise(0.5))
    np.testing.assert_allclose(score_by("attention", context).sum(-1), 1, rtol=1e-5)
    assert context.states.tokens > context.pieces.frames


def test_attributions_change_no_weight_and_leave_no_gradient(context):
    assert all(parameter.grad is None for parameter in context.encoder.model.parameters())


def test_models_of_patches_are_refused(folders):
    with pytest.raises(InputError, match="expected a model of frames in time"):
        check_input(load(folders["audio-spectrogram-transformer"], device="cpu"))
