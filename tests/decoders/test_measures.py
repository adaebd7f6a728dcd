"""Measures of decoder attention have the values that are computed by hand."""

import numpy as np
import pytest
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_transcribers import BUILDERS, transcriber, utterances

from otoscope.decoders.attention_modules import Kind, num_heads, output_projection
from otoscope.decoders.capture import capture_decoder
from otoscope.decoders.column_labels import ColumnLabels, column_labels, silent_columns
from otoscope.decoders.head_contexts import changed_contexts
from otoscope.decoders.measures import DECODER_MEASURES, TokenMap, measure_maps, weigh_by_norm
from otoscope.decoders.text_loss import spell_text
from otoscope.decoders.transcriber import load_transcriber

CROSS = TokenMap(np.array([[0.5, 0, 0, 0], [0, 0.25, 0.25, 0]]), first=1)
OWN = TokenMap(np.array([[0.25, 0.75, 0, 0], [0.5, 0.1, 0.4, 0]]), first=1)

LABELS = ColumnLabels(np.array([8, 9, 8, 2]), np.array([-1, 0, 0, 1]), np.array([True, False, False, False]))

TIMED = ColumnLabels(np.arange(4), np.array([-1, 0, 1, -1]), np.zeros(4, bool), np.array([0.03, 0.06]), 0.02)


@pytest.mark.parametrize(
    ("name", "tokens", "value"),
    [
        ("entropy", CROSS, np.log(2) / 2),
        ("peak", CROSS, 0.375),
        ("beyond", CROSS, 0.5),
        ("coverage", CROSS, 0.75),
        ("monotony", CROSS, 1.0),
        ("monotony", TokenMap(CROSS.map_qk[::-1], 1), 0.0),
        ("first_token", OWN, 0.375),
        ("sink", CROSS, 0.25),
        ("monotone_path", CROSS, 0.75),
        ("monotone_path", TokenMap(CROSS.map_qk[::-1], 1), 0.5),
        ("silence", TokenMap(CROSS.map_qk, 1, LABELS), 0.25),
        ("lag", TokenMap(np.eye(4)[1:], 0, TIMED), 0.005),
        ("same_word", TokenMap(OWN.map_qk, 1, LABELS), 0.75),
        ("repeated_token", TokenMap(OWN.map_qk, 1, LABELS), 0.5),
        ("prompt", OWN, 0.8),
        ("previous_token", OWN, 0.175),
        ("own_token", OWN, 0.575),
        ("structure", CROSS, np.log(4) - np.log(2) / 2),
        ("structure", TokenMap(np.array([[1.0, 0, 0], [0.5, 0.5, 0]]), 0, None, True), 0.0),
    ],
)
def test_values_by_hand(name, tokens, value):
    assert DECODER_MEASURES.get(name).compute(tokens) == pytest.approx(value)


def test_every_captured_head_has_every_measure_of_its_kind():
    tiny = transcriber("whisper")
    waves, texts = utterances(tiny)
    (maps,) = capture_decoder(tiny, waves[:1], texts[:1], own=None)
    for kind, heads in ((Kind.cross, maps.cross), (Kind.own, maps.own)):
        values = measure_maps(maps, kind)
        assert set(values) == {name for name in DECODER_MEASURES if kind in DECODER_MEASURES.get(name).kinds}
        assert all(set(of_head) == set(heads) for of_head in values.values())


def test_the_mass_beyond_is_that_of_the_capture():
    tiny = transcriber("whisper")
    waves, texts = utterances(tiny)
    (maps,) = capture_decoder(tiny, waves[:1], texts[:1])
    values = measure_maps(maps, Kind.cross)["beyond"]
    for head, beyond in maps.beyond.items():
        assert values[head] == pytest.approx(beyond[:-1].mean(), abs=1e-6)


@pytest.mark.parametrize("name", ["silence", "same_word", "repeated_token"])
def test_measures_that_need_labels_are_undefined_without_what_they_name(name):
    tokens = CROSS if name == "silence" else OWN
    unlike = ColumnLabels(np.arange(4), np.array([-1, 0, 1, 2]), np.zeros(4, bool))
    assert np.isnan(DECODER_MEASURES.get(name).compute(tokens))
    assert np.isnan(DECODER_MEASURES.get(name).compute(TokenMap(tokens.map_qk, 1, unlike)))


@pytest.mark.parametrize("name", BUILDERS)
def test_norms_are_those_of_values_after_the_output_projection(name):
    """Against the contexts of a pass: the sum of weights times what each column adds is what the head adds."""
    tiny = transcriber(name)
    waves, texts = utterances(tiny)
    (maps,) = capture_decoder(tiny, waves[:1], texts[:1], own=None, has_norms=True)
    contexts = {}
    with changed_contexts(tiny, lambda place, context: contexts.setdefault(place, context.clone())):
        capture_decoder(tiny, waves[:1], texts[:1])
    for module, place in tiny.layers.items():
        if place.kind is not Kind.own:
            continue
        for head in range(num_heads(module)):
            weight = output_projection(module).weight.detach()
            size = weight.shape[1] // num_heads(module)
            first_hd = contexts[place][0, 0, head]  # the first row attends to the first column alone
            expected = (weight[:, head * size : (head + 1) * size] @ first_hd[:size]).norm()
            assert maps.norms[place.kind, (place.layer, head)][0] == pytest.approx(float(expected), rel=1e-5)


def test_weights_by_norm_are_zero_where_nothing_is_added():
    by_norm = weigh_by_norm(OWN.map_qk, np.array([0.0, 1, 1, 1]))
    np.testing.assert_allclose(by_norm, [[0, 1, 0, 0], [0, 0.2, 0.8, 0]])
    np.testing.assert_allclose(by_norm.sum(-1), OWN.map_qk.sum(-1))


def test_words_of_tokens_begin_at_spaces(tmp_path):
    whisper = load_transcriber(save_transcriber(tmp_path, seconds=2))
    text = spell_text(whisper, "she had")
    (maps,) = capture_decoder(whisper, [np.ones(16000, np.float32)], [text], cross=[(0, 0)])
    labels = column_labels(whisper, np.ones(16000), maps)
    assert labels.words.tolist() == [-1, 0, 0, 0, 0, 1, 1, 1, 1, -1]
    assert not labels.is_silent.any()


def test_padding_after_the_audio_is_no_silence_of_it():
    wave = np.r_[np.ones(16000), np.zeros(1600)]
    assert silent_columns(wave, 55, 0.02).sum() == 5
    assert silent_columns(wave, 50, 0.02).sum() == 0
