"""Tuning brings a refined model nearer to the original, the same way each time."""

from pathlib import Path

import pytest
import torch

from otoscope import bundled
from otoscope.corpus import read_corpus
from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine
from otoscope.refinement.tune import CROP, distance

pytestmark = pytest.mark.slow

REMOVED = [(layer, head) for layer in range(6) for head in range(4)]


def test_a_few_steps_bring_it_nearer_and_again_the_same(tmp_path: Path, corpora: Path) -> None:
    speech = str(corpora / "timit-sample")
    original = load("bundled", device="cpu")
    refine("bundled", tmp_path / "plain", remove=REMOVED, options=RefinementOptions(span=32))
    tuning = RefinementOptions(span=32, tune=6)
    for name in ("tuned", "again"):
        refine("bundled", tmp_path / name, remove=REMOVED, corpora=[speech], options=tuning)
    plain, tuned, again = (load(tmp_path / name, device="cpu").model for name in ("plain", "tuned", "again"))
    waves = [original.load_wave(cut) for cut in list(read_corpus(bundled.speech()))[:2]]
    with torch.no_grad():
        away = [float(sum(distance(original, model, [wave]) for wave in waves)) for model in (plain, tuned)]
    assert away[1] < 0.9 * away[0]
    for (name, weight), other in zip(tuned.state_dict().items(), again.state_dict().values(), strict=True):
        torch.testing.assert_close(weight, other, rtol=0, atol=0, msg=name)
    torch.testing.assert_close(tuned.input.projection.weight, original.model.input.projection.weight)


def test_speech_without_a_long_utterance_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otoscope.refinement.tune.CROP", 100 * CROP)
    with pytest.raises(InputError, match="tuning takes crops of 400 s, and no utterance of bundled is so long"):
        refine("bundled", tmp_path / "out", corpora=["bundled"], options=RefinementOptions(span=4, tune=1))
    assert not list(tmp_path.iterdir())
