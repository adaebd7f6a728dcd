"""The plan of a run identifies the model that made it."""

import pytest

import otoscope
from otoscope.corpus import fingerprint
from otoscope.errors import InputError
from otoscope.runs.run_config import make_plan, require_same_model
from otoscope.runs.speech_source import make_source, read_speech


def test_only_the_model_that_made_a_run_passes(tiny_model, tiny_corpus, tmp_path):
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=1))
    require_same_model(run, otoscope.load(tiny_model))
    with pytest.raises(InputError, match=r"expected the model that made .*run.* found another model, bundled"):
        require_same_model(run, otoscope.load("bundled"))


def test_the_fingerprint_of_a_plan_needs_no_second_read_of_the_audio(tiny_model, tiny_corpus, monkeypatch):
    encoder = otoscope.load(tiny_model)
    source = make_source(tiny_corpus, otoscope.SpeechOptions())
    cuts = list(read_speech(source, encoder).cuts)
    expected = fingerprint(cuts)
    monkeypatch.setattr("otoscope.corpus.audio_content.Path.read_bytes", lambda path: pytest.fail(f"reads {path}"))
    assert make_plan(encoder, cuts, source.name, (), source.options)["corpus"]["fingerprint"] == expected
