"""Measures of decoder attention have the values that are computed by hand."""

import numpy as np
import pytest
from tests.helpers.tiny_transcribers import transcriber, utterances

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.capture import capture_decoder
from otoscope.decoders.measures import DECODER_MEASURES, TokenMap, measure_maps

CROSS = TokenMap(np.array([[0.5, 0, 0, 0], [0, 0.25, 0.25, 0]]), first=1)
OWN = TokenMap(np.array([[0.25, 0.75, 0, 0], [0.5, 0.1, 0.4, 0]]), first=1)


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
        ("prompt", OWN, 0.8),
        ("previous_token", OWN, 0.175),
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
