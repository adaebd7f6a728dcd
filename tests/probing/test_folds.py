"""No net is tested on data that it was trained on."""

import numpy as np
import pytest
import torch

from otoscope.errors import InputError
from otoscope.probing.folds import UNUSED, held_out, speaker_disjoint_folds, within_speaker_folds

SPEAKERS = ["a", "a", "b", "b", "b", "c", None, "d", "d"]


def test_speakers_are_apart_for_phones():
    folds = speaker_disjoint_folds(SPEAKERS, 3, np.random.default_rng(0))
    by_speaker = [{folds[i] for i, s in enumerate(SPEAKERS) if s == name} for name in "abcd"]
    assert all(len(of_one) == 1 for of_one in by_speaker)
    assert set().union(*by_speaker) == {0, 1, 2}
    assert folds[6] == UNUSED


def test_each_speaker_is_in_several_folds_for_speakers():
    folds = within_speaker_folds(SPEAKERS, 3, np.random.default_rng(0))
    assert sorted(folds[2:5]) == [0, 1, 2]
    assert len(set(folds[:2])) == 2
    assert folds[5] == folds[6] == UNUSED


def test_too_few_speakers_are_refused():
    with pytest.raises(InputError, match=r"two speakers or more, .*found 1; add speech, raise --limit"):
        speaker_disjoint_folds(["a", "a"], 3, np.random.default_rng(0))
    with pytest.raises(InputError, match=r"two utterances each, found 1 \(of 3 speakers"):
        within_speaker_folds(["a", "a", "b", "c"], 3, np.random.default_rng(0))


def test_held_out_utterances_are_not_trained_on():
    train, held = held_out(np.arange(20), 0.15, np.random.default_rng(0))
    assert len(held) == 3
    assert sorted([*train, *held]) == list(range(20))
    assert len(held_out(np.arange(3), 0.15, np.random.default_rng(0))[1]) == 1


def test_a_single_utterance_cannot_be_trained_on_and_held_out():
    with pytest.raises(
        InputError, match=r"two utterances or more to train .* got 1; give three speakers or more, or two"
    ):
        held_out(np.array([4]), 0.15, np.random.default_rng(0))


def test_a_net_is_trained_on_other_folds_alone(speech, encoder, monkeypatch):
    """What goes into the training of the net that tests a fold holds none of the fold's frames."""
    from otoscope.probing import classifier
    from otoscope.probing.mlp import Training
    from otoscope.probing.probe_data import ProbeData

    seen = []
    real = classifier.fit
    monkeypatch.setattr(
        classifier, "fit", lambda train, held, *rest: seen.append((train.all(), held)) or real(train, held, *rest)
    )
    hidden = [torch.full((4, 2), float(i)) for i in range(6)]
    monkeypatch.setattr(ProbeData, "speakers", ["a", "a", "b", "b", "c", "c"])
    material = ProbeData(encoder, speech, hidden, "made up")
    question = classifier.ClassificationTask(
        "made up", [torch.tensor([0, 1, 0, 1])] * 6, False, 0, speaker_disjoint_folds
    )
    made = classifier.classify(question, material, Training(seeds=1, steps=25), lambda name, make: make())
    for fold, (train, held) in enumerate(seen):
        trained_on = {int(x) for x in torch.cat([train.x, held.x])[:, 0]}
        assert trained_on == set(np.flatnonzero(made.fold[0] != fold))
        assert not set(train.x[:, 0].tolist()) & set(held.x[:, 0].tolist())
