"""What probes say, against plain loops; controls; the cache; what is refused."""

import numpy as np
import pytest
import torch
import xarray as xr
from lhotse import CutSet

import otoscope
from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.models.prediction_head import prediction_head
from otoscope.probing import PROBES
from otoscope.probing import mlp as net_module
from otoscope.probing.builtin.phone import phone_classes
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Samples, Training, fit, logits
from otoscope.probing.probe_data import collect_hidden_states
from otoscope.probing.random_baseline import untrained
from otoscope.probing.scores import intervals, score, totals
from otoscope.probing.tables import probe_table
from otoscope.runs.speech_source import LoadedSpeech, SpeechSource, read_speech
from otoscope.statistics.clusters import make_clusters

OF_HIDDEN_STATES = tuple(name for name, probe in PROBES.select().items() if not probe.is_task)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def probe_data(tiny_pretrained):
    """Material of two voices, two utterances each."""
    encoder = load(tiny_pretrained, device="cpu")
    cuts = [cut for cut in otoscope.read_corpus(otoscope.bundled.speech()) if cut.id.startswith(("awb", "rms"))]
    picked = [*[c for c in cuts if c.id.startswith("awb")][:2], *[c for c in cuts if c.id.startswith("rms")][:2]]
    return collect_hidden_states(encoder, read_speech(SpeechSource(CutSet.from_cuts(picked)), encoder))


def scored(probe_data, name, tmp_path, **training):
    scorer = PROBES.get(name).scorer(probe_data, Training(seeds=2, steps=100, **training), open_cache(tmp_path))
    return scorer, totals({name: scorer}, enumerate(probe_data.hidden))[name]


def test_material_is_what_each_utterance_gives_alone(probe_data):
    for wave, hidden in zip(probe_data.speech.waves, probe_data.hidden, strict=True):
        torch.testing.assert_close(hidden, probe_data.encoder.forward([wave]).hidden[0], rtol=1e-4, atol=1e-5)


def test_reconstruction_is_the_error_of_the_prediction_head(probe_data, tmp_path):
    scorer, total = scored(probe_data, "reconstruction", tmp_path)
    head = prediction_head(probe_data.encoder)
    errors, frames = 0.0, 0
    for wave, hidden in zip(probe_data.speech.waves, probe_data.hidden, strict=True):
        features = probe_data.encoder.inputs([wave])["input_features"][0]
        target = features[: len(features) // 3 * 3].reshape(-1, 240)
        errors += (head(hidden) - target).abs().mean(1).sum().item()
        frames += len(target)
    assert score(total[None], scorer.count)[0] == pytest.approx(errors / frames, rel=1e-5)


def test_the_intact_model_is_no_distance_from_itself(probe_data, tmp_path):
    _, total = scored(probe_data, "hidden-error", tmp_path)
    assert not total.any()


def test_frames_have_the_phone_at_their_centre(probe_data):
    classes = phone_classes(probe_data)
    for index, cut in enumerate(probe_data.speech.cuts):
        spans = cut.supervisions[0].alignment["phone"]
        assert len(classes[index]) == len(probe_data.hidden[index])
        for frame in range(0, len(classes[index]), 7):
            at = (3 * frame + 1) * 0.01  # three windows, the first centred on the first sample
            inside = [span for span in spans if span.start <= at < span.start + span.duration]
            same = {int(classes[index][frame])} if inside else {-1}
            assert (same == {-1}) == (not inside)
    with_names = {}
    for index, cut in enumerate(probe_data.speech.cuts):
        for span in cut.supervisions[0].alignment["phone"]:
            middle = int((span.start + span.duration / 2 - 0.01) / 0.03 + 0.5)
            at = (3 * middle + 1) * 0.01
            if middle < len(classes[index]) and span.start <= at < span.start + span.duration:
                with_names.setdefault(span.symbol, set()).add(int(classes[index][middle]))
    assert all(len(found) == 1 for found in with_names.values())


def test_material_in_another_order_is_other_material(probe_data):
    """Nets are found by its content, and tested by place."""
    speech = LoadedSpeech(probe_data.speech.cuts[::-1], probe_data.speech.waves[::-1], [])
    assert collect_hidden_states(probe_data.encoder, speech).content != probe_data.content


@pytest.mark.parametrize("name", ["phone", "speaker-frame", "speaker-utterance"])
def test_accuracy_is_counted_as_a_plain_loop_counts(name, probe_data, tmp_path):
    scorer, total = scored(probe_data, name, tmp_path)
    for index, hidden in enumerate(probe_data.hidden):
        rows = scorer.task.rows(index, hidden)
        for seed, nets in enumerate(scorer.nets):
            guesses = [int(logits(nets[scorer.fold[seed, index]], x[None]).argmax()) for x in rows.x]
            assert total[seed, index] == sum(g == y for g, y in zip(guesses, rows.y.tolist(), strict=True))
        assert scorer.count[index] == len(rows.y)


def test_the_majority_guess_is_the_commonest_class_of_what_was_trained_on(probe_data, tmp_path):
    scorer, _ = scored(probe_data, "phone", tmp_path)
    for seed, folds in enumerate(scorer.fold):
        for index, fold in enumerate(folds):
            others = np.concatenate([scorer.known_classes(i).numpy() for i in np.flatnonzero(folds != fold)])
            commonest = np.bincount(others).argmax()
            assert scorer.majority[seed, index] == (scorer.known_classes(index).numpy() == commonest).sum()


def test_nets_are_trained_once_and_found_by_what_decides_them(probe_data, tmp_path, monkeypatch):
    fitted = []
    real = net_module.fit
    monkeypatch.setattr("otoscope.probing.classifier.fit", lambda *a: fitted.append(1) or real(*a))
    _, first = scored(probe_data, "speaker-frame", tmp_path)
    trained = len(fitted)
    _, again = scored(probe_data, "speaker-frame", tmp_path)
    assert trained == len(fitted) > 0
    np.testing.assert_array_equal(first, again)
    scored(probe_data, "speaker-frame", tmp_path, width=8)
    assert len(fitted) == 2 * trained


def test_a_net_learns_what_a_line_cannot_tell():
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(600, 2, generator=rng)
    rows = Samples(x, (x[:, 0] * x[:, 1] > 0).long())
    train, held = Samples(rows.x[:400], rows.y[:400]), Samples(rows.x[400:500], rows.y[400:500])
    wide, line = (fit(train, held, 2, width, Training(), [0]) for width in (64, 0))
    right = [(logits(net, rows.x[500:]).argmax(1) == rows.y[500:]).float().mean() for net in (wide, line)]
    assert right[0] > 0.9
    assert right[1] < 0.7


def test_the_untrained_model_has_the_shape_and_none_of_the_weights(probe_data):
    control = untrained(probe_data.encoder, seed=1)  # the fixture's own weights are those of seed 0
    assert control.n_heads == probe_data.encoder.n_heads
    own, other = (dict(e.model.named_parameters()) for e in (probe_data.encoder, control))
    assert all(own[name].shape == other[name].shape for name in own)
    assert not torch.equal(own["input.projection.weight"], other["input.projection.weight"])
    torch.testing.assert_close(probe_data.encoder.forward([probe_data.speech.waves[0]]).hidden[0], probe_data.hidden[0])


def test_a_run_holds_every_probe_beside_its_controls(tiny_pretrained, tiny_corpus, tmp_path):
    run = otoscope.probe(
        tiny_pretrained,
        tiny_corpus,
        tmp_path / "run",
        probing=otoscope.ProbingOptions(probes=OF_HIDDEN_STATES, seeds=1),
    )
    assert run.kind == "probes"
    assert run.dataset["reader"].values.tolist() == ["intact", "untrained", "majority"]
    accuracy = run.dataset["score"].sel(probe=["phone", "speaker-frame", "speaker-utterance"])
    assert ((accuracy >= 0) & (accuracy <= 1)).all()
    assert np.isnan(run.dataset["score"].sel(probe="hidden-error", reader="majority"))
    assert "speaker-frame" in probe_table(run.dataset)
    again = otoscope.probe(
        tiny_pretrained,
        tiny_corpus,
        tmp_path / "run",
        probing=otoscope.ProbingOptions(probes=OF_HIDDEN_STATES, seeds=1),
        options=otoscope.SpeechOptions(resume=True),
    )
    assert again.dataset.identical(run.dataset)


def test_the_order_of_cuts_changes_no_score_whatever_the_cache_holds(tiny_model, tiny_corpus, tmp_path):
    """Folds are by place: a net found in the cache must not be tested on utterances that it was trained on."""
    cuts = list(otoscope.read_corpus(tiny_corpus))
    scores = {}
    for name, order, cache in (
        ("first", (0, 1, 2, 3), "a"),
        ("found", (2, 0, 3, 1), "a"),
        ("fresh", (2, 0, 3, 1), "b"),
    ):
        given = CutSet.from_cuts(cuts[place] for place in order)
        probing = otoscope.ProbingOptions(probes=("phone", "speaker-utterance"), seeds=2, cache=tmp_path / cache)
        scores[name] = otoscope.probe(tiny_model, given, tmp_path / name, probing=probing).dataset
    xr.testing.assert_identical(scores["found"].load(), scores["fresh"].load())
    xr.testing.assert_identical(scores["found"].load(), scores["first"].load())


def test_utterances_that_do_not_count_do_not_matter():
    total, count = np.array([[[4.0, 3.0, 0.0]]]), np.array([5.0, 5.0, 0.0])
    assert score(total, count) == [0.7]
    clusters = make_clusters([""] * 3, ["u0", "u1", "u2"])
    two = intervals(total[..., :2], count[:2], clusters.select([0, 1]))
    np.testing.assert_array_equal(intervals(total, count, clusters), two)
    assert np.isfinite(two).all()
    assert np.isnan(intervals(total[..., :1], count[:1], clusters.select([0]))).all()


@pytest.mark.parametrize("places", [(0, 2), (0, 1, 2)])
def test_a_speaker_with_a_single_utterance_is_too_little_to_train_on(places, tiny_model, tiny_corpus, tmp_path):
    cuts = list(otoscope.read_corpus(tiny_corpus))
    few = CutSet.from_cuts(cuts[place] for place in places)
    with pytest.raises(InputError, match="two utterances or more to train a probe on"):
        otoscope.probe(
            tiny_model,
            few,
            tmp_path / "run",
            probing=otoscope.ProbingOptions(probes=("phone",), cache=tmp_path / "cache"),
        )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("probes", "reason"),
    [(["beauty"], "expected one of the probes accuracy, ctc, .*; found 'beauty'"), ([], "found none")],
)
def test_unknown_probes_are_refused(probes, reason, tiny_model, tiny_corpus, tmp_path):
    with pytest.raises(InputError, match=reason):
        otoscope.probe(
            tiny_model, tiny_corpus, tmp_path / "none", probing=otoscope.ProbingOptions(probes=tuple(probes))
        )
    assert not (tmp_path / "none").exists()
