"""The probe of speakers is fitted on one half of each speaker's utterances, and scored on the other."""

import numpy as np
import pytest
import torch
from tests.helpers.tiny_models import noise

from otoscope import bundled
from otoscope.adaptation.builtin import speakers
from otoscope.adaptation.gated_model import GatedModel, make_gated_model
from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.ridge_probe import RIDGE
from otoscope.errors import InputError
from otoscope.refinement.source_model import read_source

ROLES = [role for role in Role for _ in range(4)]
SPEAKERS = [f"{role}{speaker}" for role in Role for speaker in (0, 1) for _ in range(2)]


@pytest.fixture(scope="module")
def model() -> GatedModel:
    return make_gated_model(read_source(bundled.model()), "encoder")


@pytest.fixture(scope="module")
def material() -> Material:
    waves = [noise(0.2, seed=seed) for seed in range(12)]
    return Material("m", list("abcdefghijkl"), waves, [None] * 12, SPEAKERS, ROLES)


def test_errors_are_those_of_two_ridge_regressions(model: GatedModel, material: Material) -> None:
    task, part = speakers.OBJECTIVE.make(model, material), [8, 9, 10, 11]
    with torch.no_grad():
        x = np.array([model.last_hidden(material, index).mean(0).numpy() for index in part], float)
    x = np.concatenate([x, np.ones((4, 1))], axis=1)
    wrong = np.zeros(4)
    for fit, score in (([0, 2], [1, 3]), ([1, 3], [0, 2])):
        penalty = RIDGE * np.square(x[fit]).sum(0).mean()
        rows = np.concatenate([x[fit], np.sqrt(penalty) * np.eye(x.shape[1])])
        weights = np.linalg.lstsq(rows, np.concatenate([np.eye(2), np.zeros((x.shape[1], 2))]))[0]
        wrong[score] = (x[score] @ weights).argmax(1) != [0, 1]
    assert task.errors(part, original=True).tolist() == [[each, 1] for each in wrong]


def test_an_only_utterance_of_a_speaker_counts_nothing(model: GatedModel, material: Material) -> None:
    assert speakers.OBJECTIVE.make(model, material).errors([8, 10, 11])[0].tolist() == [0, 0]


def test_gradients_reach_the_gates(model: GatedModel, material: Material) -> None:
    with model.gates():
        speakers.OBJECTIVE.make(model, material).loss([0, 1, 2]).backward()
    assert all(torch.isfinite(gate.grad).all() and gate.grad.abs().max() > 0 for gate in model.parameters)


def test_speakers_with_one_utterance_are_one_line(model: GatedModel, material: Material) -> None:
    single = Material("m", material.ids, material.waves, material.texts, list("abcdefghijkl"), ROLES)
    with pytest.raises(InputError, match="two speakers or more with two utterances each in m to train, found 0"):
        speakers.OBJECTIVE.make(model, single)
