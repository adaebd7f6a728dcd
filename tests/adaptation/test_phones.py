"""The probe of phones is a ridge regression on the last layer of the encoder; gates change its errors."""

import numpy as np
import pytest
import torch
from tests.helpers.tiny_models import noise

from otoscope import bundled
from otoscope.adaptation.builtin import phones
from otoscope.adaptation.gated_model import GatedModel, make_gated_model
from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.ridge_probe import RIDGE
from otoscope.adaptation.search import WeightedTask, search
from otoscope.errors import InputError
from otoscope.refinement.source_model import read_source

ROLES = [Role.train, Role.train, Role.validation, Role.test]
SPANS = [("AA", 0.0, 0.2), ("S", 0.2, 0.35)]  # the last 50 ms have no phone


@pytest.fixture(scope="module")
def model() -> GatedModel:
    return make_gated_model(read_source(bundled.model()), "encoder")


@pytest.fixture(scope="module")
def material() -> Material:
    waves = [noise(0.4, seed=seed) for seed in range(4)]
    return Material("m", list("abcd"), waves, [None] * 4, list("wxyz"), ROLES, [SPANS] * 4)


def test_errors_are_those_of_a_ridge_regression(model: GatedModel, material: Material) -> None:
    task = phones.OBJECTIVE.make(model, material)
    (x, y), (test_x, test_y) = ([each.numpy() for each in task._frames(indices)] for indices in ([0, 1], [3]))
    assert len(test_y) < model.source.encoder.num_frames(material.waves[3])
    penalty = RIDGE * np.square(x).sum(0).mean()
    size = x.shape[1]
    rows = np.concatenate([x, np.sqrt(penalty) * np.eye(size)]).astype(float)  # a ridge is rows of its own
    slow = np.linalg.lstsq(rows, np.concatenate([y, np.zeros((size, y.shape[1]))]))[0]
    wrong = (test_x @ slow).argmax(1) != test_y.argmax(1)
    np.testing.assert_allclose(task.errors([3], original=True), [(wrong.sum(), len(test_y))], atol=1)


def test_errors_of_a_probe_choose_the_step(model: GatedModel, material: Material, tmp_path) -> None:
    task = WeightedTask("adapt", phones.OBJECTIVE.make(model, material), 1.0, 2, by_error=True)
    state = search(model, [task], AdaptationOptions(adapt=tmp_path, steps=1), tmp_path / "search")
    wrong, frames = task.task.errors([2], original=True)[0]
    first, second = state.validations[:2]
    assert first["adapt"] == first["loss"] == pytest.approx(wrong / frames, abs=1 / frames)
    assert state.best_loss == min(each["loss"] for each in state.validations)
    assert state.best_step == (0 if second["loss"] >= first["loss"] else 1)
    for parameter in model.parameters:
        parameter.data.zero_()


def test_gradients_reach_the_gates(model: GatedModel, material: Material) -> None:
    with model.gates():
        phones.OBJECTIVE.make(model, material).loss([0, 1, 2, 3]).backward()
    assert all(torch.isfinite(gate.grad).all() and gate.grad.abs().max() > 0 for gate in model.parameters)


def test_speech_without_phones_is_one_line(model: GatedModel, material: Material) -> None:
    unlabelled = Material("m", *([*getattr(material, name)] for name in ("ids", "waves", "texts", "groups", "roles")))
    with pytest.raises(InputError, match="expected phones for every utterance of m"):
        phones.OBJECTIVE.make(model, unlabelled)
