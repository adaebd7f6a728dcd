"""The no-speech rule: probabilities are those of the model that wrote the text."""

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise

from otoscope.adaptation import no_speech
from otoscope.adaptation.gated_model import GatedModel, make_gated_model
from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.no_speech import TextRules, chosen_threshold, no_speech_values, text_rules
from otoscope.refinement.gates import fold_gates
from otoscope.refinement.source_model import read_source

pytestmark = pytest.mark.slow

ROLES = [Role.train, Role.validation, Role.test, Role.test]


def material(name: str, seed: int) -> Material:
    waves = [noise(0.5, seed=seed + index) for index in range(4)]
    return Material(name, list("abcd"), waves, [""] * 4, list("wxyz"), ROLES)


@pytest.fixture
def model(tmp_path: Path) -> GatedModel:
    """A gated model whose tokenizer has the token for no speech."""
    folder = save_transcriber(tmp_path, seconds=2)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|nospeech|>"]})
    tokenizer.save_pretrained(folder)
    gated = make_gated_model(read_source(folder), "all")
    with torch.no_grad():
        for offset in gated.offsets.values():
            offset.copy_(torch.rand(offset.shape, generator=torch.Generator().manual_seed(0)) - 0.5)
    return gated


def test_probabilities_are_those_after_the_start_token_with_and_without_gates(model: GatedModel) -> None:
    sounds, token = material("sounds", 0), model.tokenizer.get_vocab()["<|nospeech|>"]
    before, after = (no_speech_values(model, sounds, range(4), original=original) for original in (True, False))

    def by_definition() -> list[float]:
        whole, inputs = model.source.whole, model.transcriber.inputs(sounds.waves)
        with torch.inference_mode():
            logits = whole(**inputs, decoder_input_ids=torch.full((4, 1), model.transcriber.prompt[0])).logits
        return logits[:, 0].softmax(-1)[:, token].tolist()

    np.testing.assert_allclose(before, by_definition(), rtol=1e-5)
    fold_gates(model.source.whole, model.values)
    np.testing.assert_allclose(after, by_definition(), rtol=1e-5)
    assert np.abs(after / before - 1).max() > 1e-3


def test_words_after_the_rule_are_judged_by_the_model_that_wrote_them(model: GatedModel, monkeypatch) -> None:
    values = {True: np.array([0.9, 0.1]), False: np.array([0.1, 0.1])}
    monkeypatch.setattr(no_speech, "no_speech_values", lambda *_, original: values[original])
    monkeypatch.setattr(model, "transcripts", lambda *_, original: ["you", " ."])
    assert text_rules(model, material("sounds", 0), original=True) == TextRules(1.0, 0.5, 0.0)
    assert text_rules(model, material("sounds", 0), original=False) == TextRules(1.0, 0.5, 0.5)


def test_a_threshold_is_chosen_on_other_parts_than_it_is_reported_on(model: GatedModel, monkeypatch) -> None:
    values = {"sounds": np.array([0.8, 0.7, 0.65, 0.9]), "speech": np.array([0.1, 0.65, 0.2, 0.75])}
    monkeypatch.setattr(no_speech, "no_speech_values", lambda _, each, part, original: values[each.name][part])
    assert chosen_threshold(model, material("sounds", 0), material("speech", 9)) == {
        "threshold": 0.7,
        "sounds that pass": 0.5,
        "speech dropped": 0.5,
    }


def test_sounds_with_a_low_probability_may_be_speech(model: GatedModel, monkeypatch) -> None:
    monkeypatch.setattr(no_speech, "no_speech_values", lambda *_, original: np.array([0.9, 0.01, np.nan, 0.2]))
    assert no_speech.possible_speech(model, material("sounds", 0)) == ["b"]


def test_a_model_without_the_token_drops_nothing(model: GatedModel, monkeypatch) -> None:
    monkeypatch.setattr(model.transcriber.tokenizer, "get_vocab", dict)
    rules = text_rules(model, material("sounds", 0), original=True)
    assert rules.words_after_rule == rules.words
    assert chosen_threshold(model, material("sounds", 0), material("speech", 9)) is None
