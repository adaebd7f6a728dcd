"""Losses are what a plain loop over utterances computes, with the same frames masked each time."""

from functools import partial

import numpy as np
import pytest
import torch

from otoscope.errors import InputError
from otoscope.importance.builtin import leave_one_out
from otoscope.importance.loss import get_loss
from otoscope.importance.ranking_context import make_context
from otoscope.importance.sampling_budget import SamplingBudget
from otoscope.models import mockingjay as port
from otoscope.models.capture import default_handler, forward_inputs
from otoscope.models.load import load
from otoscope.models.prediction_head import prediction_head
from otoscope.models.tiny_models import randomize_weights
from otoscope.pretraining.masking import Masking, choose_frames

REMOVED = [(0, 1), (1, 0)]


def loss_without(encoder, speech, loss, heads):
    context = make_context(encoder, speech, get_loss(loss, encoder, speech), SamplingBudget(seconds=1e9))
    with context.ablation_loss(1) as mean_loss:
        return mean_loss(heads)


def slow_hidden(encoder, speech, heads):
    """Relative error of each utterance alone."""
    errors = []
    for wave in speech.waves:
        intact = encoder.forward([wave]).hidden
        with encoder.without_heads(heads):
            errors.append(((encoder.forward([wave]).hidden - intact).norm() / intact.norm()).item())
    return np.mean(errors)


def slow_reconstruction(encoder, speech, heads):
    """Masked L1 of each utterance alone, frame by frame."""
    head, errors = prediction_head(encoder), []
    for index, wave in enumerate(speech.waves):
        frames = encoder.inputs([wave])["input_features"][0]
        stacked = frames[: len(frames) // 3 * 3].reshape(-1, 240)
        chosen = choose_frames(len(stacked), Masking(), np.random.default_rng([0, index]))
        hidden_frames = torch.where(torch.from_numpy(chosen)[:, None], 0, stacked).reshape(1, -1, 80)
        with encoder.without_heads(heads), torch.no_grad():
            guess = head(forward_inputs(encoder, {"input_features": hidden_frames}, partial(default_handler, encoder)))[
                0
            ]
        errors.append((guess - stacked).abs().mean(1)[torch.from_numpy(chosen)].mean().item())
    return np.mean(errors)


@pytest.mark.parametrize("heads", [[], REMOVED], ids=["intact", "removed"])
def test_losses_equal_plain_loops_over_utterances(encoder, speech, heads):
    assert loss_without(encoder, speech, "hidden", heads) == pytest.approx(slow_hidden(encoder, speech, heads))
    slow = slow_reconstruction(encoder, speech, heads)
    assert loss_without(encoder, speech, "reconstruction", heads) == pytest.approx(slow)


def test_leaving_one_head_out_costs_the_rise_of_the_loss(encoder, speech):
    context = make_context(encoder, speech, get_loss("hidden", encoder, speech), SamplingBudget(seconds=1e9))
    score = leave_one_out.score(context, 0).mean(axis=0)
    for head in [(0, 0), (1, 2)]:
        assert score[head] == pytest.approx(slow_hidden(encoder, speech, [head]))


@pytest.mark.parametrize("kind", ["Tera", "AudioAlbert"])
def test_all_models_of_masked_reconstruction_keep_their_head(tmp_path, kind):
    """What TERA and AudioALBERT predict with is found as Mockingjay's is; a folder of the encoder alone has none."""
    shape = {"hidden_size": 24, "num_attention_heads": 2, "num_hidden_layers": 2, "intermediate_size": 32}
    whole = getattr(port, f"{kind}ForPreTraining")(getattr(port, f"{kind}Config")(**shape))
    randomize_weights(whole)
    for folder, model in (("whole", whole), ("encoder", whole.mockingjay)):
        model.save_pretrained(tmp_path / folder)
        port.MockingjayFeatureExtractor().save_pretrained(tmp_path / folder)
    head = prediction_head(load(tmp_path / "whole"))
    assert torch.equal(head.output.weight, whole.head.output.weight)
    with pytest.raises(InputError, match="the folder holds the encoder alone"):
        prediction_head(load(tmp_path / "encoder"))


def test_auto_is_reconstruction_with_a_prediction_head_and_hidden_without(encoder, speech, tiny_model):
    assert get_loss("auto", encoder, speech).name == "reconstruction"
    assert get_loss("auto", load(tiny_model, device="cpu"), speech).name == "hidden"


def test_a_loss_that_cannot_be_had_is_refused(speech, tiny_model):
    bare = load(tiny_model, device="cpu")
    with pytest.raises(InputError, match="has no prediction head"):
        get_loss("reconstruction", bare, speech)
    with pytest.raises(InputError, match="no loss 'beauty'; losses are auto, reconstruction, hidden, task, phone"):
        get_loss("beauty", bare, speech)
