"""Maps of any utterance are made on request, by the very model that made the run."""

import os
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lhotse import AudioSource, CutSet, MonoCut, Recording
from tests.helpers.corpus_tones import write_tone
from tests.helpers.speech_samples import save_tiny_corpus

import otoscope
from otoscope.analysis.stored_maps import ensure_maps, example_rank, find_example
from otoscope.errors import InputError
from otoscope.models.mockingjay import MockingjayModel

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return save_tiny_corpus(tmp_path_factory.mktemp("speech") / "corpus")


@pytest.fixture
def changing_corpus(corpus, tmp_path):
    """The corpus of the run, which is restored after the test."""
    shutil.copytree(corpus, tmp_path / "backup")
    yield corpus
    shutil.rmtree(corpus)
    shutil.copytree(tmp_path / "backup", corpus)


@pytest.fixture(scope="module")
def analyzed(tiny_model, corpus, tmp_path_factory):
    return otoscope.analyze(tiny_model, corpus, tmp_path_factory.mktemp("analyzed") / "run")


@pytest.fixture
def run(analyzed, tmp_path):
    """A copy, to which a test may add maps."""
    return otoscope.open_run(shutil.copytree(analyzed.path, tmp_path / "run"))


def test_maps_of_another_utterance_are_computed_and_kept(run, tiny_model, corpus):
    other = next(id for id in run.utterances.index if id not in run.maps)
    again = ensure_maps(run, other)
    assert sorted(again.maps) == sorted([*run.maps, other])
    cut = next(cut for cut in otoscope.read_corpus(corpus) if cut.id == other)
    np.testing.assert_allclose(
        again.map(other).attention[1, 2], otoscope.load(tiny_model).attention(cut, 1, 2), atol=1e-3
    )


def test_figures_of_another_utterance(run, tmp_path):
    other = next(id for id in run.utterances.index if id not in run.maps)
    written = otoscope.draw(run.path, tmp_path / "figures", utterance=other)
    assert {path.suffix for path in written} == {".png"}
    assert other in otoscope.open_run(run.path).maps


def test_the_run_is_still_shown_by_its_own_example(run):
    """Also with an earlier and a later utterance of the corpus."""
    (example,) = run.maps
    others = [id for id in run.utterances.index if id != example]
    for other in (others[-1], others[0]):
        assert ensure_maps(run, other).maps[0] == example
    assert otoscope.open_run(run.path).maps == [example, others[0], others[-1]]


def test_maps_of_a_run_that_cannot_be_written_are_refused_in_one_line(run, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    other = next(id for id in run.utterances.index if id not in run.maps)
    with pytest.raises(InputError, match=rf"cannot be written.*copy the run .* whose maps it stores: {run.maps[0]}"):
        ensure_maps(run, other)


def test_an_utterance_that_the_run_does_not_hold_is_named(run):
    with pytest.raises(InputError, match=r"no utterance 'absent'; it has awb/"):
        ensure_maps(run, "absent")


def test_maps_are_refused_when_the_model_has_changed(run, tiny_model, tmp_path):
    changed = MockingjayModel.from_pretrained(tiny_model)
    weights = (tiny_model / "model.safetensors").read_bytes()
    try:
        torch.nn.init.ones_(changed.encoder.layer[0].attention.self.query.bias)
        changed.save_pretrained(tiny_model)
        other = next(id for id in run.utterances.index if id not in run.maps)
        with pytest.raises(InputError, match=r"expected the model that made .* or changed weights"):
            ensure_maps(run, other)
    finally:
        (tiny_model / "model.safetensors").write_bytes(weights)


def test_maps_are_refused_when_the_utterance_is_gone(run, changing_corpus):
    other = next(id for id in run.utterances.index if id not in run.maps)
    for path in changing_corpus.glob(f"{other}.*"):
        path.unlink()
    with pytest.raises(InputError, match=r"the corpus at .* has changed since the run"):
        ensure_maps(run, other)


def test_maps_are_refused_when_the_audio_has_changed(run, changing_corpus):
    first, second, *_ = (id for id in run.utterances.index if id not in run.maps)
    shutil.copy(changing_corpus / f"{first}.flac", changing_corpus / f"{second}.flac")
    with pytest.raises(InputError, match="has changed since the run"):
        ensure_maps(run, second)


def test_maps_of_a_run_under_an_intervention_are_not_those_of_the_whole_model(tiny_model, tiny_corpus, tmp_path):
    encoder = otoscope.load(tiny_model)
    with encoder.limit_span(3):
        run = otoscope.analyze(encoder, tiny_corpus, tmp_path / "changed")
    other = next(id for id in run.utterances.index if id not in run.maps)
    with pytest.raises(InputError, match="expected a run without an intervention"):
        ensure_maps(run, other)


def test_a_recording_with_a_file_for_each_channel_stores_the_file_of_its_channel(tiny_model, tmp_path):
    files = [write_tone(tmp_path / f"{name}.wav") for name in "ab"]
    sources = [AudioSource("file", [channel], str(file)) for channel, file in enumerate(files)]
    cut = MonoCut("u", 0.0, 1.0, 1, recording=Recording("r", sources, 16000, 16000, 1.0))
    run = otoscope.analyze(tiny_model, CutSet.from_cuts([cut]), tmp_path / "run")
    stored = run.map("u").attrs
    assert (stored["audio"], int(stored["audio_channel"])) == (str(files[1]), 0)


def test_the_example_is_the_cut_of_the_best_rank(tiny_model):
    encoder, random = otoscope.load(tiny_model), np.random.default_rng(0)
    for chance in (0.0, 0.5, 1.0):
        phones, seconds = random.random(20) < chance, random.integers(1, 12, 20) / 2
        drawn = SimpleNamespace(has_phones=phones, seconds=seconds)
        ranks = list(map(example_rank, phones.tolist(), seconds.tolist()))
        assert find_example(encoder, drawn) == ranks.index(min(ranks))
    assert find_example(encoder, SimpleNamespace(has_phones=phones, seconds=np.full(20, 1e5))) is None
