"""A guard holds what the original gives; a noisy copy is drawn to what the original gives without noise."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise

from otoscope.adaptation import OBJECTIVES
from otoscope.adaptation.builtin.agreement import AgreementTask
from otoscope.adaptation.gated_model import GatedModel, allow_empty_text, make_gated_model
from otoscope.adaptation.material import Material, Role
from otoscope.errors import InputError
from otoscope.refinement.source_model import read_source

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> GatedModel:
    return make_gated_model(read_source(save_transcriber(tmp_path_factory.mktemp("guarded"), seconds=2)), "decoder")


def speech(name: str, seed: int) -> Material:
    waves = [noise(0.5, seed=seed + index) for index in range(2)]
    return Material(name, ["a", "b"], waves, [None, None], ["x", "y"], [Role.train, Role.train])


def test_the_original_agrees_with_itself(model: GatedModel) -> None:
    task = AgreementTask(model, speech("speech", 0), empty_weight=0.0)
    task.remember([0, 1])
    with torch.no_grad():
        assert float(task.loss([0, 1])) == pytest.approx(0, abs=1e-3)


def test_a_divergence_from_targets_in_half_precision_is_not_below_zero() -> None:
    """Their probabilities do not add to 1; over a large vocabulary that was -1e-4 without a difference of models."""
    for seed in range(20):
        logits = torch.randn(4, 5000, generator=torch.Generator().manual_seed(seed)).mul(4).log_softmax(-1)
        original = SimpleNamespace(log_probabilities={("speech", 0): logits.half()})
        task = AgreementTask(SimpleNamespace(original=original), speech("speech", 0))
        assert -5e-6 < float(task._divergence(0, logits)) < 1e-5


def test_a_copy_is_compared_with_the_original_on_its_source(model: GatedModel) -> None:
    """By definition: the divergence of probabilities for the copy from those for the source, on the source's text."""
    clean, noisy = speech("clean", 10), speech("noisy", 20)
    task = AgreementTask(model, noisy, empty_weight=0.0, sources=[(clean, 1), (clean, 0)])
    task.remember([0])
    assert task.own_texts([0]) == model.transcripts(clean, [1], original=True)
    tokens = model.sequence(task.own_texts([0])[0])
    start = len(model.transcriber.prompt) - 1
    with torch.no_grad():
        target, own = (model.token_log_probabilities(m, [i], [tokens])[0][start:] for m, i in ((clean, 1), (noisy, 0)))
        expected = (target.exp() * (target - own)).sum(-1).mean()
        measured = task.loss([0])
    assert expected > 1e-4
    assert float(measured) == pytest.approx(float(expected), rel=0.02)


def test_times_are_asked_for_by_the_time_0_in_the_place_of_the_token_for_none(model: GatedModel, monkeypatch) -> None:
    plain = model.sequence("a")
    assert model.sequence("a", with_times=True) == plain
    settings = model.source.whole.generation_config
    monkeypatch.setattr(settings, "no_timestamps_token_id", plain[0], raising=False)
    assert model.sequence("a", with_times=True) == (plain[0] + 1, *plain[1:])
    assert model.sequence("a") == plain


def test_a_model_that_may_be_silent_decodes_greedily_as_it_is_judged(model: GatedModel) -> None:
    allow_empty_text(model.source.whole)
    settings = model.source.whole.generation_config
    assert model.transcriber.end not in (settings.begin_suppress_tokens or [])
    assert settings.num_beams == 1


def test_a_text_longer_than_the_decoder_is_refused_and_an_own_transcript_is_cut(model: GatedModel) -> None:
    most = model.transcriber.max_tokens
    assert most is not None
    words = "a b " * most
    assert len(model.sequence(words)) == most + 1
    long = replace(speech("long", 40), texts=["a", words])
    with pytest.raises(InputError, match=f"at most {most} tokens with the prompt.* for b of long; divide it"):
        OBJECTIVES.get("text").make(model, long)
    guard = AgreementTask(model, speech("guarded", 50), empty_weight=0.0)
    model.original.texts["guarded", 0] = words
    guard.remember([0])
    with torch.no_grad():
        assert float(guard.loss([0])) == pytest.approx(0, abs=1e-3)
