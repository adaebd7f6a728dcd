"""Copies that lose their words are counted, and copies of all variations decide together."""

from pathlib import Path

import numpy as np
import pytest
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise

from otoscope.adaptation import copies, hard_cases
from otoscope.adaptation.gated_model import GatedModel, make_gated_model
from otoscope.adaptation.hard_cases import measure_hard_cases
from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.variations import VARIATIONS
from otoscope.refinement.source_model import read_source

pytestmark = pytest.mark.slow

NAMES = ("amplitude x 0.1", "one second")
TEXTS = {True: ["a b c", "", "a b c d"], False: ["", "", "a b"]}
"""Transcripts of three copies by the original and by the model with gates."""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GatedModel:
    for module in (hard_cases, copies):
        monkeypatch.setattr(module, "VARIATIONS", {name: VARIATIONS[name] for name in NAMES})
    model = make_gated_model(read_source(save_transcriber(tmp_path, seconds=2)), "decoder")
    monkeypatch.setattr(model, "transcripts", lambda material, indices, original=False: TEXTS[original])
    return model


def test_a_copy_is_lost_if_the_original_gives_words_and_the_model_none(model: GatedModel) -> None:
    """By hand: 3 + 4 + 4 words; the original deletes 4, the model 3 + 4 + 2, and the first of three copies is lost."""
    waves = [noise(0.4, seed=seed) for seed in range(3)]
    roles = [Role.test] * 3
    guard = Material("guard", list("abc"), waves, ["a b c", "a b c d", "a b c d"], list("xyz"), roles)
    sounds = Material("sounds", ["s"], [noise(0.4, seed=9)], [""], ["rain"], [Role.test])
    measured = measure_hard_cases(model, guard, sounds)
    assert [case.change.name for case in measured.cases] == list(NAMES)
    assert [case.lost for case in measured.cases] == [1, 1]
    words, lost = measured.together
    assert (words.count, lost.count) == (6, 6)  # three copies of two variations
    assert (words.before, words.after) == pytest.approx((4 / 11, 9 / 11))
    assert (lost.before, lost.after) == pytest.approx((0, 1 / 3))
    assert words.deletions == pytest.approx((4 / 11, 9 / 11))
    assert np.isfinite([words.low, lost.high]).all()
