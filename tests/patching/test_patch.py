"""`patch` restores what it says: all of a model restores all, gradients agree with finite differences."""

import numpy as np
import pytest
import torch
from lhotse import CutSet, MonoCut, SupervisionSegment
from lhotse.supervision import AlignmentItem
from tests.helpers.tiny_models import noise

import otoscope
from otoscope import bundled
from otoscope.corpus import phones_of
from otoscope.errors import InputError
from otoscope.models.frame_times import frame_centres
from otoscope.models.load import load
from otoscope.patching.changed_frames import DISTANCES, EDGES, distance_classes
from otoscope.patching.corruptions import add_noise, parse_corruption
from otoscope.patching.effects import (
    PatchedUtterance,
    clean_contexts,
    exact_losses,
    frame_losses,
    gradient_effects,
    hidden_of,
)
from otoscope.patching.table import patch_table
from otoscope.probing.builtin.hidden_error import HiddenErrorScorer
from otoscope.runs.speech_source import LoadedSpeech

WAVE = noise(0.6)


@pytest.fixture(scope="module")
def encoder(tiny_pretrained):
    return load(tiny_pretrained, device="cpu", dtype="float64")


@pytest.fixture(scope="module")
def utterance(encoder):
    return PatchedUtterance(0, WAVE, add_noise(WAVE, 0.0, 0), hidden_of(encoder, WAVE))


def speech_with(phones, seconds=0.6):
    """Return two utterances of two speakers, both with these phones."""
    cuts, waves = [], [noise(seconds), noise(seconds + 0.1, seed=1)]
    for number, wave in enumerate(waves):
        items = [AlignmentItem(symbol, start, end - start) for symbol, start, end in phones]
        supervision = SupervisionSegment(
            f"s{number}", f"r{number}", 0.0, len(wave) / 16000, speaker=f"v{number}", alignment={"phone": items}
        )
        cuts.append(MonoCut(f"u{number}", 0.0, len(wave) / 16000, 0, supervisions=[supervision]))
    return LoadedSpeech(cuts, waves, [])


def test_gradients_are_slopes_of_the_loss_towards_the_clean_context(encoder, utterance):
    """The derivative along the line from the corrupted to the clean context, by differences."""
    scorers, contexts = {"hidden-error": HiddenErrorScorer([utterance.clean_hidden], 1)}, clean_contexts(encoder, WAVE)
    effects = gradient_effects(encoder, utterance, contexts, scorers)
    corrupted = clean_contexts(encoder, utterance.corrupted)
    step = 5e-3  # hidden states are scored in float32
    moved = [{n: corrupted[n] + sign * step * (contexts[n] - corrupted[n]) for n in contexts} for sign in (-1, 1)]
    for layer, head in ((0, 1), (1, 0)):
        away, towards = (exact_losses(encoder, utterance, each, scorers, [[(layer, head)]]).item() for each in moved)
        measured = effects.drops[0][layer][:, head].sum().item()
        assert measured == pytest.approx((away - towards) / (2 * step), rel=1e-2)


def test_restored_frames_are_those_of_the_clean_run(encoder, utterance):
    contexts, every = clean_contexts(encoder, WAVE), [(0, head) for head in range(encoder.n_heads[0])]
    scorers = {"hidden-error": HiddenErrorScorer([utterance.clean_hidden], 1)}
    none, some = exact_losses(encoder, utterance, contexts, scorers, [[], every])[0]
    assert none == pytest.approx(gradient_effects(encoder, utterance, contexts, scorers).corrupted[0], rel=1e-5)
    assert none != some


def test_a_run_has_effects_of_heads_phones_and_groups(tiny_pretrained, tiny_corpus, tmp_path):
    patching = otoscope.PatchOptions(probes=("hidden-error",), corrupt="noise:0", strongest=2)
    run = otoscope.patch(tiny_pretrained, tiny_corpus, tmp_path / "run", patching=patching)
    effect = run.dataset["effect"].isel(measure=0)
    assert int(run.dataset["exact_effect"].notnull().sum()) == 2
    if "phone_effect" in run.dataset:
        assert (run.dataset["phone_effect"].isel(measure=0).sum("phone") <= effect.max() + 1).all()
    assert "share restored by" in patch_table(run.dataset)


def test_phones_become_silence_or_other_phones():
    speech = speech_with([("aa", 0.1, 0.2), ("s", 0.3, 0.45)])
    silent = parse_corruption("silence:aa").corrupt(speech, 0, 16000)
    changed = np.flatnonzero(silent != speech.waves[0])
    assert (changed.min(), changed.max()) == (1600, 3199)
    assert not silent[1600:3200].any()
    other = parse_corruption("phone:aa=s").corrupt(speech, 0, 16000)
    np.testing.assert_array_equal(other[1600:3200], speech.waves[1][4800:6400])
    assert parse_corruption("silence:zh").corrupt(speech, 0, 16000) is None


def test_another_speaker_has_the_same_length():
    speech = speech_with([("aa", 0.1, 0.2)])
    other = parse_corruption("speaker").corrupt(speech, 0, 16000)
    np.testing.assert_array_equal(other, speech.waves[1][: len(speech.waves[0])])


def test_a_corruption_as_long_as_the_utterance_is_one_line():
    speech = speech_with([("aa", 0.0, 0.6)])
    with pytest.raises(InputError, match="expected a corruption shorter than the utterance u0"):
        parse_corruption("silence:aa").corrupt(speech, 0, 16000)


@pytest.mark.parametrize("text", ["noise", "noise:loud", "phone:aa", "silence:", "reverb"])
def test_an_unknown_corruption_is_one_line(text):
    with pytest.raises(InputError, match="expected --corrupt noise:SNR, silence:PHONE, phone:A=B or speaker, found"):
        parse_corruption(text)


def test_labels_and_speakers_that_a_corruption_needs_are_checked_first():
    cut = MonoCut("u", 0.0, 1.0, 0)
    with pytest.raises(InputError, match="expected phone labels for --corrupt silence:aa"):
        parse_corruption("silence:aa").check_cuts(CutSet.from_cuts([cut]))
    with pytest.raises(InputError, match="expected two speakers or more"):
        parse_corruption("speaker").check_cuts([cut])


def test_noise_leaves_torch_alone(encoder, utterance):
    """Patching changes no weight and leaves no gradient."""
    assert all(parameter.grad is None for parameter in encoder.model.parameters())
    assert torch.isfinite(hidden_of(encoder, utterance.corrupted)).all()


def test_frames_have_the_distance_of_their_edge_from_the_changed_samples(encoder):
    clean = noise(1.0)
    corrupted = clean.copy()
    corrupted[4800:6400] = 0.0
    utterance = PatchedUtterance(0, clean, corrupted, hidden_of(encoder, clean))
    centres = frame_centres(encoder, len(utterance.clean_hidden))
    slow = [
        max(min(abs(time - sample / 16000) for sample in range(4800, 6400)) - encoder.frame_period / 2, 0.0)
        for time in centres
    ]
    classes = distance_classes(encoder, utterance)
    assert [sum(round(each, 6) > edge for edge in EDGES) for each in slow] == classes.tolist()
    assert set(classes) == set(range(len(DISTANCES)))


def test_a_layer_restored_in_all_frames_is_the_layer_restored(encoder, utterance):
    scorers, contexts = {"hidden-error": HiddenErrorScorer([utterance.clean_hidden], 1)}, clean_contexts(encoder, WAVE)
    every = np.ones(len(utterance.clean_hidden), bool)
    whole = exact_losses(encoder, utterance, contexts, scorers, [[(1, head) for head in range(encoder.n_heads[1])]])
    some = np.arange(len(every)) < 5
    all_frames, few, none = frame_losses(encoder, utterance, contexts, scorers, [(1, every), (1, some), (1, ~every)])[0]
    assert all_frames == pytest.approx(whole.item(), rel=1e-6)
    assert none == pytest.approx(exact_losses(encoder, utterance, contexts, scorers, [[]]).item(), rel=1e-6)
    assert few not in (all_frames, none)


def test_effects_by_distance_sum_to_those_of_heads(tiny_pretrained, tmp_path):
    symbol = phones_of(next(iter(otoscope.read_corpus(bundled.speech()))))[4][0]
    patching = otoscope.PatchOptions(corrupt=f"silence:{symbol}", strongest=2)
    run = otoscope.patch(
        tiny_pretrained, "bundled", tmp_path / "run", patching=patching, options=otoscope.SpeechOptions(limit=1)
    )
    frames = run.dataset["frame_effect"].sum("distance")
    np.testing.assert_allclose(frames, run.dataset["effect"].sum("head"), rtol=1e-6)
    assert int(run.dataset["exact_frame_effect"].notnull().sum()) == 2
    assert float(run.dataset["frame_share"].sum()) == pytest.approx(1)
    assert "layer 0, " in patch_table(run.dataset) or "layer 1, " in patch_table(run.dataset)
