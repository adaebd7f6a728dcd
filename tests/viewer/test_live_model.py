"""With a model, the viewer computes maps that the run does not store, and ablations are exact."""

from concurrent.futures import Future
from functools import partial

import numpy as np
import pytest
from tests.helpers.viewer_api import get_arrays, get_error, get_json

from otoscope import load
from otoscope.attention.ablation_kinds import OUTPUT_KINDS
from otoscope.attention.interventions import HeadFactors
from otoscope.attention.output_changes import replace_outputs
from otoscope.attention.pattern_changes import (
    KEY_GROUPS,
    identity,
    offset_profile,
    pattern_of,
    uniform,
    without_keys,
)
from otoscope.errors import InputError
from otoscope.models.output_sources import measure_profiles
from otoscope.viewer.ablation_kinds import KIND_LABELS
from otoscope.viewer.api import ViewerApi
from otoscope.viewer.live_model import load_live_model
from otoscope.viewer.live_probes import LiveProbes
from otoscope.viewer.pyramid import build
from otoscope.viewer.run_corpus import RunCorpus
from otoscope.viewer.run_session import RunSession
from otoscope.viewer.session import open_session
from otoscope.viewer.thumbnails import thumbnail


@pytest.fixture(scope="module")
def other(measured_run):
    indices = [index for index, name in enumerate(measured_run.utterances.index) if name not in measured_run.maps]
    return indices[-1]


@pytest.fixture(scope="module")
def encoder(tiny_model):
    return load(tiny_model)


@pytest.fixture(scope="module")
def cut(live, other):
    session = live.sessions[0]
    return session.corpus.cut(session.info.utterances[other].id)


def test_maps_that_are_not_stored_are_those_of_the_model(live, other, encoder, cut):
    for layer in (1, 0):
        maps = encoder.maps(cut, [layer])[layer]
        overview = get_arrays(live, f"0/thumbnails/{other}/{layer}")["code"]
        for head in range(3):
            tile = get_arrays(live, f"0/tile/{other}/{layer}/{head}/0/0/0")
            np.testing.assert_array_equal(tile["code"], build(maps[head]).tile(0, 0, 0).code_qk)
            np.testing.assert_array_equal(overview[head], thumbnail(maps[head]))


def test_an_ablation_is_the_intervened_model(live, other, encoder, cut):
    wave = encoder.load_wave(cut)
    whole = encoder.forward([wave]).hidden
    with encoder.without_heads([(0, 1), (1, 2)]), encoder.limit_span(4):
        changed = encoder.forward([wave]).hidden
    found = get_json(live, f"0/ablation/{other}/0.1,1.2/4/zero")
    assert found["layers"][-1] == pytest.approx(float((changed - whole).norm() / whole.norm()), rel=1e-4)
    assert len(found["layers"]) == encoder.n_layers


KINDS = [*KIND_LABELS, "head-2"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_ablation_is_the_intervention_of_that_name(live, other, encoder, cut, kind):
    heads = [(0, 1), (1, 2)]
    session = live.sessions[0]
    waves = [encoder.load_wave(session.corpus.cut(each.id)) for each in session.info.utterances]
    patterns = {
        "uniform": uniform,
        "identity": identity,
        "profile": lambda heads: offset_profile(heads, measure_profiles(encoder, waves)),
        "head-2": lambda heads: pattern_of(heads, 2),
        **{f"without-{group}": partial(without_keys, group=group) for group in KEY_GROUPS},
    }
    if kind in OUTPUT_KINDS:
        source = encoder.measure_outputs(waves, kinds=OUTPUT_KINDS[1:])
        change = replace_outputs(kind, heads, source)
    else:
        change = patterns[kind](heads)
    wave = encoder.load_wave(cut)
    whole = encoder.forward([wave]).hidden
    with encoder.intervene(change):
        changed = encoder.forward([wave]).hidden
    found = get_json(live, f"0/ablation/{other}/0.1,1.2/full/{kind}")
    assert found["layers"][-1] == pytest.approx(float((changed - whole).norm() / whole.norm()), rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "factors"),
    [
        ("gate-30-250", [HeadFactors(0, 1, 0.3, 2.5), HeadFactors(1, 2, 0.3, 2.5)]),
        ("gate-30-250,1.2-120-40", [HeadFactors(0, 1, 0.3, 2.5), HeadFactors(1, 2, 1.2, 0.4)]),
        ("gate-100-100,1.2-0-100,0.1-100-300", [HeadFactors(0, 1, 1, 3), HeadFactors(1, 2, 0, 1)]),
    ],
)
def test_gates_of_each_head_are_a_scale_and_a_temperature_in_percent(live, other, encoder, cut, kind, factors):
    wave = encoder.load_wave(cut)
    whole = encoder.representations(wave)
    with encoder.intervene(*factors):
        changed = encoder.representations(wave)
    expected = [np.linalg.norm(new - old) / np.linalg.norm(old) for old, new in zip(whole, changed, strict=True)]
    found = get_json(live, f"0/ablation/{other}/0.1,1.2/full/{kind}")
    assert min(expected) > 0.01
    np.testing.assert_allclose(found["layers"], expected, rtol=1e-3)


def test_a_gate_of_one_head_differs_from_the_same_gate_of_all(live, other):
    kinds = ("gate-100-100", "gate-100-100,0.1-0-100", "gate-0-100")
    none, one, both = (get_json(live, f"0/ablation/{other}/0.1,1.2/full/{kind}")["layers"] for kind in kinds)
    assert none == [0, 0]
    assert one[0] == both[0] > 0
    assert one[1] != both[1]
    assert get_json(live, f"0/ablation/{other}/none/full/gate-30-250")["layers"] == [0, 0]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("gate-", "found ''"),
        ("gate-30-0", "found '30-0'"),
        ("gate-1000-100", "found '1000-100'"),
        ("gate--5-100", "found '-5-100'"),
        ("gate-30-250,0.1-50", "found '0.1-50'"),
        ("gate-30-250,0.1-50-0", "found '0.1-50-0'"),
        ("gate-30-250,", "found ''"),
        ("gate-" + "9" * 5000, f"found '{'9' * 40}'"),
        ("gate-30-250,1.1-50-100", "choose head 1.1"),
        ("gate-30-250,0.1-50-100,0.1-60-100", "choose head 0.1, and name it once"),
    ],
)
def test_a_bad_gate_is_one_line(live, other, kind, text):
    error = get_error(live, f"0/ablation/{other}/0.1/full/{kind}")
    assert text in error
    assert "\n" not in error


def test_a_gate_of_letters_is_no_resource(live, other):
    assert live.get(f"0/ablation/{other}/0.1/full/gate-nan-inf").status == 404


def test_a_kind_that_does_not_exist_is_no_resource(live, other):
    assert live.get(f"0/ablation/{other}/0.0/full/median").status == 404


def test_nothing_switched_off_changes_nothing(live, other):
    assert get_json(live, f"0/ablation/{other}/none/full/zero")["layers"] == [0, 0]


def test_an_ablation_does_not_change_the_model(live, other):
    first = get_json(live, f"0/ablation/{other}/0.0/2/zero")["layers"]
    get_json(live, f"0/ablation/{other}/1.1/full/zero")
    assert get_json(live, f"0/ablation/{other}/0.0/2/zero")["layers"] == first


def test_a_probe_without_a_score_has_a_reason(live, other):
    missing = {entry["probe"]: entry for entry in get_json(live, f"0/ablation/{other}/none/full/zero")["missing"]}
    assert "no prediction head" in missing["reconstruction"]["reason"]
    assert not missing["reconstruction"]["pending"]


def test_a_head_that_is_not_there_is_one_line(live, other):
    assert "no head 7" in get_error(live, f"0/ablation/{other}/0.7/full/zero")


def test_another_model_is_refused(measured_run):
    with pytest.raises(InputError, match="another model"):
        load_live_model(measured_run, "bundled", RunCorpus(measured_run))


def test_a_model_that_fails_on_an_utterance_is_a_one_line_error(measured_run, tiny_model, other, monkeypatch):
    api = open_session([measured_run], str(tiny_model))

    def fail(*_):
        raise InputError("the audio is gone")

    monkeypatch.setattr(api.sessions[0].live.encoder, "load_wave", fail)
    for resource in (f"0/thumbnails/{other}/0", f"0/thumbnails/{other}/1", f"0/tile/{other}/0/0/0/0/0"):
        assert get_error(api, resource) == "the audio is gone"


def test_the_model_runs_between_the_batches_of_a_probe_in_training(live, tiny_model, tmp_path, monkeypatch):
    """The probe locks the model for one batch at a time; an ablation waits for that at most."""
    monkeypatch.setenv("OTOSCOPE_CACHE", str(tmp_path))
    monkeypatch.setattr("otoscope.analysis.shards.BATCH_SECONDS", 0.1)
    turns = []

    class Counting:
        def __enter__(self):
            turns.append(1)

        def __exit__(self, *_):
            pass

    cuts = live.sessions[0].corpus.cuts()
    LiveProbes(load(tiny_model), lambda: cuts, Counting()).wait()
    assert len(turns) == len(cuts)


def test_the_phone_probe_joins_when_it_is_trained(measured_run, tiny_model, tmp_path, monkeypatch):
    monkeypatch.setenv("OTOSCOPE_CACHE", str(tmp_path))
    live = load_live_model(measured_run, str(tiny_model), RunCorpus(measured_run))
    live.probes.wait()
    name = measured_run.utterances.index[0]
    found = live.ablate(name, [], None)
    accuracy = {change.name: change for change in found.changes}["phone accuracy"]
    assert 0 < accuracy.before == accuracy.after < 1
    assert "phone" not in {entry.probe for entry in found.missing}


def test_while_the_model_is_loaded_everything_stored_is_answered(measured_run, other, live):
    loading = Future()
    api = ViewerApi([RunSession(measured_run, loading)])
    stored = next(index for index, one in enumerate(api.sessions[0].info.utterances) if one.stored)
    for question in (f"utterance/{stored}", f"audio/{stored}", f"thumbnails/{stored}/0", f"tile/{stored}/0/0/0/0/0"):
        assert api.get(f"0/{question}").content == live.get(f"0/{question}").content
    corpus = RunCorpus(measured_run)
    labels_first = ViewerApi([RunSession(measured_run, loading, corpus=corpus)])
    corpus.cuts()
    for question in (f"utterance/{other}", f"audio/{other}"):
        assert labels_first.get(f"0/{question}").content == live.get(f"0/{question}").content
    for question in (f"thumbnails/{other}/0", f"tile/{other}/0/0/0/0/0", "ablation/0/none/full/zero"):
        answer = api.get(f"0/{question}")
        assert (answer.status, b"still being loaded" in answer.content) == (202, True)
    loading.set_result(live.sessions[0].live)
    assert api.wait(f"0/tile/{other}/0/0/0/0/0").status == 200


def test_a_model_that_cannot_be_loaded_is_one_line_wherever_it_is_needed(measured_run, other):
    api = open_session([measured_run], "no-such-model", wait=False)
    with pytest.raises(InputError, match="no-such-model"):
        api.sessions[0].loading.result()
    for question in (f"thumbnails/{other}/0", "ablation/0/none/full/zero"):
        assert "no-such-model" in get_error(api, f"0/{question}")
    with pytest.raises(InputError, match="no-such-model"):
        open_session([measured_run], "no-such-model")
