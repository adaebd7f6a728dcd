"""A model with a CTC head is adapted, guarded and calmed by what its letters say in each frame."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.helpers.saved_letters import LETTERS, save_letter_model
from tests.helpers.tiny_models import noise

from otoscope.adaptation import OBJECTIVES
from otoscope.adaptation.builtin.agreement import AgreementTask
from otoscope.adaptation.gated_model import GatedModel, make_gated_model
from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.no_speech import chosen_threshold, text_rules
from otoscope.refinement.source_model import read_source

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> GatedModel:
    folder = tmp_path_factory.mktemp("ctc")
    save_letter_model(folder)
    return make_gated_model(read_source(folder), "encoder")


@pytest.fixture(scope="module")
def material() -> Material:
    waves = [noise(0.5, seed=seed) for seed in range(4)]
    roles = [Role.train, Role.train, Role.validation, Role.test]
    return Material("m", list("abcd"), waves, ["a cab", "bad", "a", "bed"], list("wxyz"), roles)


def test_transcripts_are_the_letters_that_are_most_probable(model: GatedModel, material: Material) -> None:
    with torch.no_grad():
        inputs = model.source.encoder.inputs([material.waves[0]])
        best = model.source.whole(**inputs).logits[0].argmax(-1).tolist()
    kept = [now for before, now in zip([None, *best], best, strict=False) if now != before and now]
    expected = "".join(LETTERS[each] for each in kept).replace("|", " ").strip()
    assert model.transcripts(material, [0], original=True) == [expected]


@pytest.mark.parametrize("name", ["ctc", "agreement", "empty"])
def test_gradients_of_every_objective_reach_the_gates(model: GatedModel, material: Material, name: str) -> None:
    task = OBJECTIVES.get(name).make(model, material)
    if isinstance(task, AgreementTask):
        task.remember([0, 1])
    for gate in model.parameters:
        gate.grad = None
        with torch.no_grad():
            gate.fill_(0.1)
    with model.gates():
        loss = task.loss([0, 1])
    loss.backward()
    assert loss > 0
    assert all(gate.grad is not None and gate.grad.abs().max() > 0 for gate in model.parameters)
    with torch.no_grad():
        for gate in model.parameters:
            gate.zero_()


def test_agreement_is_the_divergence_from_the_original_in_each_frame(model: GatedModel, material: Material) -> None:
    task = AgreementTask(model, replace(material, texts=[None] * 4))
    task.remember([0])
    with torch.no_grad():
        same = float(task.loss([0]))
        before = model.letter_log_probabilities(material, 0)
        for gate in model.parameters:
            gate.fill_(0.2)
        with model.gates():
            after, changed = model.letter_log_probabilities(material, 0), float(task.loss([0]))
        for gate in model.parameters:
            gate.zero_()
    assert same == pytest.approx(0, abs=1e-3)
    assert changed == pytest.approx(float((before.exp() * (before - after)).sum(-1).mean()), rel=1e-2)
    np.testing.assert_array_equal(task.errors([0], original=True)[:, 0], [0])


def test_a_model_without_a_token_for_no_speech_has_no_threshold(model: GatedModel, material: Material) -> None:
    assert chosen_threshold(model, material, material) is None
    rules = text_rules(model, material, original=True)
    assert rules.words == rules.words_after_rule
