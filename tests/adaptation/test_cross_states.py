"""Keys and values that are kept give the probabilities of a pass that computes them, and the gradients of the gates.

A search frees them at its end: rivals learn after it in the same process.
"""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise

from otoscope.adaptation import OBJECTIVES, cross_states
from otoscope.adaptation.gated_model import GatedModel, make_gated_model
from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.search import WeightedTask, search
from otoscope.refinement.source_model import read_source

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> GatedModel:
    gated = make_gated_model(read_source(save_transcriber(tmp_path_factory.mktemp("model"), seconds=2)), "decoder")
    with torch.no_grad():
        for offset in gated.offsets.values():
            offset.copy_(torch.rand(offset.shape, generator=torch.Generator().manual_seed(0)) - 0.5)
    return gated


@pytest.fixture
def material() -> Material:
    return Material(
        "m", list("abc"), [noise(0.5, seed=seed) for seed in range(3)], [""] * 3, list("xyz"), [Role.train] * 3
    )


def test_kept_keys_give_the_probabilities_of_a_whole_pass(model: GatedModel, material: Material, monkeypatch) -> None:
    """Of two utterances one fits into memory; the second pass reads it, and computes the other again."""
    prompt, end = model.transcriber.prompt, model.transcriber.end
    sequences = [(*prompt, 5, 6, 7, end), (*prompt, 8, end)]
    one = sum(each.numel() * 2 for pair in model._cross._compute(model.encoded(material)[0]) for each in pair)
    monkeypatch.setattr(cross_states, "MAX_STORED_BYTES", one * 1.5)
    with model.gates():
        for _ in range(2):
            rows = model.token_log_probabilities(material, [2, 0], sequences)
            inputs = model.transcriber.inputs([material.waves[2], material.waves[0]])
            ids = torch.tensor([sequences[0][:-1], (*sequences[1][:-1], end, end)])
            slow = model.source.whole(**inputs, decoder_input_ids=ids).logits.log_softmax(-1)
            torch.testing.assert_close(rows[0], slow[0], atol=2e-3, rtol=0)
            torch.testing.assert_close(rows[1], slow[1, : len(sequences[1]) - 1], atol=2e-3, rtol=0)
    assert list(model._cross._stored) == [("m", 2)]
    fast = torch.autograd.grad(rows[0].sum(), model.parameters, retain_graph=True)
    exact = torch.autograd.grad(slow[0].sum(), model.parameters)
    for each, expected in zip(fast, exact, strict=True):
        torch.testing.assert_close(each, expected, atol=5e-3 * float(expected.abs().max()), rtol=0)


def test_a_search_frees_the_keys_that_it_kept(model: GatedModel, material: Material, tmp_path: Path) -> None:
    roles = [Role.train, Role.train, Role.validation]
    speech = replace(material, name="to learn from", texts=["ab", "c", "ab"], roles=roles)
    task = OBJECTIVES.get("text").make(model, speech)
    with torch.no_grad(), model.gates():
        task.loss([0, 2])
    assert {name for name, _ in model._cross._stored} >= {"to learn from"}
    search(model, [WeightedTask("adapt", task, 1.0, 2)], AdaptationOptions(steps=1), tmp_path)
    assert "_cross" not in vars(model)
