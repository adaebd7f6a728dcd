"""Value zeroing of a run's utterance: by its phones, by the model that made it."""

from itertools import pairwise

import numpy as np
import pytest

from otoscope import RenderOptions, analyze, draw
from otoscope.analysis.run_value_zeroing import compute_value_zeroing, spans_of
from otoscope.analysis.stored_maps import load_run_cuts
from otoscope.corpus import phones_of, words_of
from otoscope.errors import InputError
from otoscope.maps.value_zeroing import value_zeroing
from otoscope.models.load import load
from otoscope.runs.options import SpeechOptions

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tiny_model, tmp_path_factory):
    return analyze(tiny_model, "bundled", tmp_path_factory.mktemp("run") / "run", options=SpeechOptions(limit=2))


def test_an_utterance_is_zeroed_phone_by_phone(run, tiny_model):
    found = compute_value_zeroing(run)
    cut = next(cut for cut in load_run_cuts(run) if cut.id == run.maps[0])
    encoder = load(tiny_model)
    spans = list(zip(found["span_start"].values.tolist(), found["span_stop"].values.tolist(), strict=True))
    phones = phones_of(cut)
    assert len(spans) == len(phones)
    for (start, stop), (_, begins, ends) in zip(spans, phones, strict=True):
        centres = encoder.first_frame_center + encoder.frame_period * np.arange(start, stop)
        assert begins <= centres[0]
        assert centres[-1] < ends
    expected = value_zeroing(encoder, encoder.load_wave(cut), spans)
    np.testing.assert_array_equal(found["value_zeroing"].values, expected)


def test_an_utterance_without_phones_is_zeroed_in_equal_parts(run, tiny_model):
    cut = load_run_cuts(run)[0].drop_alignments()
    spans = spans_of(cut, load(tiny_model), 100)
    assert len(spans) == 40
    assert spans[0][0] == 0
    assert spans[-1][1] == 100
    assert all(stop == start for (_, stop), (start, _) in pairwise(spans))


def test_words_are_zeroed_where_the_run_relates_words(tiny_model, tmp_path):
    run = analyze(tiny_model, "bundled", tmp_path / "run", unit="word", options=SpeechOptions(limit=1))
    cut = load_run_cuts(run)[0]
    assert 1 < compute_value_zeroing(run).sizes["span"] == len(words_of(cut)) < len(phones_of(cut))


def test_the_figure_is_drawn_on_request(run, tmp_path):
    paths = draw(run.path, tmp_path, RenderOptions(on_skip=lambda *_: None), zeroing=True)
    assert tmp_path / "value-zeroing.png" in paths


def test_an_utterance_that_the_run_lacks_is_named(run):
    with pytest.raises(InputError, match="holds no utterance 'x'; choose one of "):
        compute_value_zeroing(run, "x")
