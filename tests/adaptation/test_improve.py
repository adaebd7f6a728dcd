"""Search of changes that raise a probe: what is chosen, what is reported, and when a model is written."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.refinable_models import plain, relative
from tests.helpers.tiny_models import build, noise

from otoscope.adaptation import improve as improve_module
from otoscope.adaptation.improve import improve
from otoscope.adaptation.improvement import ImprovementSearch, SingleChange, single_changes
from otoscope.attention.interventions import HeadFactors
from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.probing import PROBES
from otoscope.probing.mlp import Training
from otoscope.runs.options import SelectionOptions
from otoscope.statistics.clusters import make_clusters

pytestmark = pytest.mark.slow

HEADS = (HeadFactors(0, 1, scale=0.0), HeadFactors(2, 3, temperature=0.7))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("hubert-layer", tmp_path_factory.mktemp("hubert"))


@dataclass(frozen=True)
class KnownSums(ImprovementSearch):
    """A search whose sums are known: one change helps everyone, another helps the first two speakers alone."""

    def sums(self, changes):
        value = np.full((1, 6), 10.0)
        for change in changes:
            value += 1.0 if change == HELPS else 0.0
            value += np.array([9.0, 9, 9, 9, -9, -9]) if change == OVERFITS else 0.0
        return value


HELPS, OVERFITS = SingleChange(HEADS[0]), SingleChange(HEADS[1])


def known_search(changes) -> ImprovementSearch:
    speakers = ["a", "a", "b", "b", "c", "c"]

    class Data:
        clusters = make_clusters(speakers, [str(number) for number in range(6)])
        speech = type("Speech", (), {"seconds": 1.0})

    Data.speakers = speakers
    scorer = type("Known", (), {"count": np.full(6, 20.0)})
    return KnownSums(Data, PROBES.get("phone"), scorer, changes)


def test_a_change_that_helps_every_speaker_holds() -> None:
    report = known_search([HELPS]).report()
    assert report.changes == (HELPS,)
    assert (report.before, report.after) == (0.5, pytest.approx(0.55))
    assert report.is_better


def test_what_helps_some_speakers_alone_is_not_reported_as_a_gain() -> None:
    """The speakers that chose it do not report it."""
    report = known_search([OVERFITS]).report()
    assert report.after < 0.5 + 9 / 20
    assert not report.is_better
    assert "no improvement found" in report.text


def test_a_model_is_written_with_the_changes_if_the_gain_holds(model: Path, tmp_path: Path, monkeypatch) -> None:
    found = known_search([HELPS]).report()
    monkeypatch.setattr(improve_module, "Training", partial(Training, seeds=1, folds=2, steps=20))
    changes = (SingleChange(HEADS[0]), SingleChange(HEADS[1]), SingleChange(span=4))
    for is_better in (True, False):
        report = replace(found, changes=changes, is_better=is_better)
        monkeypatch.setattr(improve_module.ImprovementSearch, "report", lambda search, report=report: report)
        improve(model, tmp_path / str(is_better), "phone", ["bundled"], SelectionOptions(sample=6, balanced="speaker"))
    assert sorted(path.name for path in (tmp_path / "False").iterdir()) == ["improvement.json"]
    encoder = load(model, device="cpu")
    with encoder.intervene(*HEADS), encoder.limit_span(4):
        expected = encoder.forward([noise(0.9)]).hidden
    assert relative(plain(tmp_path / "True"), expected) < 1e-5


def test_all_heads_are_tried(model: Path) -> None:
    encoder = load(model, device="cpu")
    assert len(single_changes(encoder, has_span=True)) == 12 * 3 + 2
    assert len(single_changes(encoder, has_span=False)) == 12 * 3


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    for probe, corpora, message in (
        ("phone", [], "--improve needs a corpus"),
        ("hidden-error", ["bundled"], "expected a probe that can become better"),
        ("beauty", ["bundled"], "expected one of the probes"),
        ("wer", ["bundled"], "has no decoder"),
    ):
        with pytest.raises(InputError, match=message):
            improve("bundled", tmp_path / "out", probe, corpora, SelectionOptions())
    assert not list(tmp_path.iterdir())
