"""With a model, other maps are the model's own, and what a person switches off is really off."""

from concurrent.futures import Future

import numpy as np
import pytest
from tests.helpers.viewer_answers import arrays, refused, told

from otoscope import load
from otoscope.errors import InputError
from otoscope.viewer.api import Answers
from otoscope.viewer.live_model import open_live
from otoscope.viewer.live_probes import Judges
from otoscope.viewer.pyramid import build
from otoscope.viewer.run_session import Subject
from otoscope.viewer.session import open_answers
from otoscope.viewer.thumbnails import thumbnail


@pytest.fixture(scope="module")
def other(measured_run):
    places = [place for place, name in enumerate(measured_run.utterances.index) if name not in measured_run.maps]
    return places[-1]


@pytest.fixture(scope="module")
def encoder(tiny_model):
    return load(tiny_model)


@pytest.fixture(scope="module")
def cut(live, other):
    subject = live.subjects[0]
    return subject.live.cut(subject.info.utterances[other].id)


def test_maps_that_are_not_stored_are_those_of_the_model(live, other, encoder, cut):
    for layer in (1, 0):
        maps = encoder.maps(cut, [layer])[layer]
        overview = arrays(live, f"0/overview/{other}/{layer}")["code"]
        for head in range(3):
            tile = arrays(live, f"0/tile/{other}/{layer}/{head}/0/0/0")
            np.testing.assert_array_equal(tile["code"], build(maps[head]).tile(0, 0, 0).code_qk)
            np.testing.assert_array_equal(overview[head], thumbnail(maps[head]))


def test_an_ablation_is_the_intervened_model(live, other, encoder, cut):
    wave = encoder.wave(cut)
    whole = encoder.forward([wave]).hidden
    with encoder.without_heads([(0, 1), (1, 2)]), encoder.span(4):
        changed = encoder.forward([wave]).hidden
    found = told(live, f"0/ablate/{other}/0.1,1.2/4")
    assert found["layers"][-1] == pytest.approx(float((changed - whole).norm() / whole.norm()), rel=1e-4)
    assert len(found["layers"]) == encoder.n_layers


def test_nothing_switched_off_changes_nothing(live, other):
    assert told(live, f"0/ablate/{other}/none/full")["layers"] == [0, 0]


def test_an_ablation_leaves_the_model_as_it_was(live, other):
    first = told(live, f"0/ablate/{other}/0.0/2")["layers"]
    told(live, f"0/ablate/{other}/1.1/full")
    assert told(live, f"0/ablate/{other}/0.0/2")["layers"] == first


def test_what_cannot_be_scored_is_said(live, other):
    missing = " ".join(told(live, f"0/ablate/{other}/none/full")["missing"])
    assert "reconstruction: " in missing
    assert "no prediction head" in missing


def test_a_head_that_is_not_there_is_one_line(live, other):
    assert "no head 7" in refused(live, f"0/ablate/{other}/0.7/full")


def test_another_model_is_refused(measured_run):
    with pytest.raises(InputError, match="another model"):
        open_live(measured_run, "bundled")


def test_a_model_that_fails_while_it_listens_is_one_line(measured_run, tiny_model, other, monkeypatch):
    answers = open_answers([measured_run], str(tiny_model))

    def fail(*_):
        raise InputError("the audio is gone")

    monkeypatch.setattr(answers.subjects[0].live.encoder, "wave", fail)
    for resource in (f"0/overview/{other}/0", f"0/overview/{other}/1", f"0/tile/{other}/0/0/0/0/0"):
        assert refused(answers, resource) == "the audio is gone"


def test_the_model_can_be_asked_while_a_probe_hears_the_corpus(live, tiny_model, tmp_path, monkeypatch):
    """The probe hears a batch at a time: whoever asks waits for that at most."""
    monkeypatch.setenv("OTOSCOPE_CACHE", str(tmp_path))
    monkeypatch.setattr("otoscope.analysis.shards.BATCH_SECONDS", 0.1)
    turns = []

    class Counting:
        def __enter__(self):
            turns.append(1)

        def __exit__(self, *_):
            pass

    cuts = live.subjects[0].live.cuts
    Judges(load(tiny_model), lambda: cuts, Counting()).training.join()
    assert len(turns) == len(cuts)


def test_the_phone_probe_joins_when_it_is_trained(measured_run, tiny_model, tmp_path, monkeypatch):
    monkeypatch.setenv("OTOSCOPE_CACHE", str(tmp_path))
    live = open_live(measured_run, str(tiny_model))
    live._judges.training.join()
    name = measured_run.utterances.index[0]
    found = live.ablate(name, [], None)
    accuracy = {change.name: change for change in found.changes}["phone accuracy"]
    assert 0 < accuracy.before == accuracy.after < 1
    assert not any(line.startswith("phone") for line in found.missing)


def test_while_the_model_is_loaded_everything_stored_is_answered(measured_run, other, live):
    loading = Future()
    answers = Answers([Subject(measured_run, loading)])
    stored = next(place for place, one in enumerate(answers.subjects[0].info.utterances) if one.stored)
    for question in (f"utterance/{stored}", f"audio/{stored}", f"overview/{stored}/0", f"tile/{stored}/0/0/0/0/0"):
        assert answers.answer(f"0/{question}").content == live.answer(f"0/{question}").content
    for question in (f"utterance/{other}", f"overview/{other}/0", f"tile/{other}/0/0/0/0/0", "ablate/0/none/full"):
        answer = answers.answer(f"0/{question}")
        assert (answer.status, b"still being loaded" in answer.content) == (202, True)
    loading.set_result(live.subjects[0].live)
    assert answers.answer(f"0/tile/{other}/0/0/0/0/0").status == 200


def test_a_model_that_cannot_be_loaded_is_one_line_wherever_it_is_needed(measured_run, other):
    answers = open_answers([measured_run], "no-such-model", wait=False)
    with pytest.raises(InputError, match="no-such-model"):
        answers.subjects[0].loading.result()
    for question in (f"overview/{other}/0", "ablate/0/none/full"):
        assert "no-such-model" in refused(answers, f"0/{question}")
    with pytest.raises(InputError, match="no-such-model"):
        open_answers([measured_run], "no-such-model")
