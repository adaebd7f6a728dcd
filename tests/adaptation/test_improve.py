"""Search of changes that raise a probe: what is chosen, what is reported, and when a model is written."""

import math
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.refinable_models import plain, relative
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import build, noise

from otoscope import bundled
from otoscope.adaptation import improve as improve_module
from otoscope.adaptation.improve import improve, make_search
from otoscope.adaptation.improvement import ImprovementSearch, Way
from otoscope.adaptation.learned_gates import GateLearner, changes_of
from otoscope.adaptation.single_changes import ChangeSet, SingleChange, single_changes
from otoscope.attention.interventions import HeadFactors
from otoscope.corpus import read_corpus
from otoscope.errors import InputError
from otoscope.importance.loss import Batch
from otoscope.models.load import load
from otoscope.probing import PROBES
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData, hidden_states
from otoscope.probing.scores import totals
from otoscope.runs.options import SelectionOptions
from otoscope.runs.speech_source import LoadedSpeech
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


class KnownLearner(GateLearner):
    """Learns known changes."""

    def learn(self, training, validation):
        assert not set(training) & set(validation)
        return (HELPS,)


def known_search(changes, learner=None) -> ImprovementSearch:
    speakers = ["a", "a", "b", "b", "c", "c"]

    class Data:
        clusters = make_clusters(speakers, [str(number) for number in range(6)])
        speech = type("Speech", (), {"seconds": 1.0})

    Data.speakers = speakers
    scorer = type("Known", (), {"count": np.full(6, 20.0)})
    return KnownSums(Data, PROBES.get("phone"), scorer, ChangeSet(changes), learner)


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
    """Heads removed, with temperatures and with fixed patterns, and a span, which limits the patterns too."""
    found = known_search([HELPS]).report()
    monkeypatch.setattr(improve_module, "Training", partial(Training, seeds=1, folds=2, steps=20))
    changes = (SingleChange(HEADS[0]), SingleChange(HEADS[1]), SingleChange(span=4), SingleChange(fixed=(0, 2)))
    searches = []
    monkeypatch.setattr(
        improve_module, "make_search", lambda *a, **b: searches.append(make_search(*a, **b)) or searches[-1]
    )
    for is_better in (True, False):
        report = replace(found, changes=changes, is_better=is_better)
        monkeypatch.setattr(improve_module.ImprovementSearch, "report", lambda search, report=report: report)
        improve(model, tmp_path / str(is_better), "phone", ["bundled"], SelectionOptions(sample=6, balanced="speaker"))
    assert sorted(path.name for path in (tmp_path / "False").iterdir()) == ["improvement.json"]
    encoder = load(model, device="cpu")
    with searches[0].changes.changed(encoder, changes):
        expected = encoder.forward([noise(0.9)]).hidden
    assert relative(plain(tmp_path / "True"), expected) < 1e-5
    assert load(tmp_path / "True", device="cpu").n_heads == (2, 4, 4)
    with searches[0].changes.changed(encoder, changes[:3]):
        assert relative(encoder.forward([noise(0.9)]).hidden, expected) > 1e-4


def test_gates_that_help_every_speaker_are_chosen_before_a_change_that_overfits() -> None:
    learner = KnownLearner(None, None)
    report = known_search([OVERFITS], learner).report()
    assert [each.way for each in report.ways] == [Way.together, Way.gradient]
    assert report.ways[1].after == pytest.approx(0.55)
    assert report.ways[0].after < 0.5
    assert "gates by gradient: change +0.0500" in report.text


class IdleLearner(KnownLearner):
    """Finds no gates on any speakers."""

    def learn(self, train, validation):
        return ()


def test_a_way_that_chose_nothing_says_so_instead_of_a_change_of_zero() -> None:
    text = known_search([HELPS], IdleLearner(None, None)).report().text
    assert "gates by gradient: none chosen" in text
    assert "single changes together: change +0.0500" in text


def energy(model: Path, sign: float = 1.0) -> GateLearner:
    """A learner whose loss is the distance of the hidden states from some that are known."""
    encoder = load(model, device="cpu")
    waves = [noise(0.5, seed=seed) for seed in range(3)]

    def batch(indices) -> Batch:
        (index,) = indices
        with encoder.intervene(HeadFactors(1, 2, scale=0.5, temperature=1.3)):
            wanted = encoder.forward([waves[index]]).hidden
        length = encoder.num_frames(waves[index])
        inputs = encoder.inputs([waves[index]])
        return Batch(
            (length,), inputs, 0.5, [waves[index]], lambda hidden: sign * (hidden - wanted).square().sum()[None]
        )

    return GateLearner(encoder, batch)


def test_learned_gates_lower_the_loss_on_other_utterances_as_the_changed_encoder_has_it(model: Path) -> None:
    """The gates are those of an intervention: the loss under it is the one that was chosen."""
    learner = energy(model)
    changes = learner.learn(np.array([0, 1]), np.array([2]))
    batch = learner.loss([2])
    with torch.no_grad():
        before = float(batch.loss(learner.encoder.forward(batch.waves).hidden))
        with ChangeSet(changes, learner.encoder.n_heads).changed(learner.encoder, changes):
            after = float(batch.loss(learner.encoder.forward(batch.waves).hidden))
        offsets = [
            torch.tensor([[c.head.scale - 1, -math.log(c.head.temperature)] for c in changes if c.head.layer == at]).T
            for at in range(3)
        ]
        assert after == pytest.approx(learner._mean_loss(offsets, np.array([2])), rel=1e-3)
    assert after < 0.7 * before
    assert changes_of([torch.zeros(2, 1)]) == (SingleChange(HeadFactors(0, 0)),)


def test_no_gates_are_learned_if_no_step_is_better_on_validation(model: Path) -> None:
    """The loss of the utterances that choose the step is the negative of that which trains."""
    learner, other = energy(model), energy(model, sign=-1.0)
    mixed = GateLearner(learner.encoder, lambda indices: (other if indices == [2] else learner).loss(indices))
    assert mixed.learn(np.array([0, 1]), np.array([2])) == ()


def test_word_errors_of_all_utterances_together_are_those_of_each_alone(tmp_path: Path) -> None:
    model = save_transcriber(tmp_path / "model", seconds=6)
    encoder = load(model, device="cpu")
    cuts = [cut for cut in read_corpus(bundled.speech()) if cut.duration < 6][:3]
    waves = [encoder.load_wave(cut) for cut in cuts]
    data = ProbeData(encoder, LoadedSpeech(cuts, waves, []), [], "")
    scorer = PROBES.get("wer").scorer(data, Training(seeds=1), open_cache())
    search = ImprovementSearch(data, PROBES.get("wer"), scorer, ChangeSet(()))
    change = SingleChange(HeadFactors(0, 0, scale=0.0))
    for changes in ([], [change]):
        with search.changes.changed(encoder, changes):
            states = list(hidden_states(encoder, data.speech, lambda seconds: None))
            expected = totals({"wer": scorer}, states)["wer"]
        assert expected.any()
        np.testing.assert_array_equal(search.sums(changes), expected)


def test_a_layer_keeps_a_head_with_queries() -> None:
    fixed = [SingleChange(fixed=(0, head)) for head in range(3)]
    removed = SingleChange(HeadFactors(0, 0, scale=0.0))
    assert ChangeSet((), (3,)).possible(fixed) == fixed[:2]
    assert ChangeSet((), (3,)).possible([fixed[1], removed, fixed[0], fixed[2]]) == [fixed[1], removed]
    assert ChangeSet((), (8,), frames=1500).possible(fixed[:1]) == []


def test_all_heads_are_tried(model: Path) -> None:
    encoder = load(model, device="cpu")
    assert len(single_changes(encoder, has_span=True)) == 12 * 4 + 2
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
