"""A batch gives the numbers of its utterances alone: padded if the model permits it, otherwise one by one."""

import numpy as np
import pytest
from tests.helpers.comparison import largest, measure, relative
from tests.helpers.tiny_models import PADDED, noise

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder

WAVES = [noise(0.7), noise(1.2, seed=1), noise(0.35, seed=2)]
EXACT = 1e-12


def test_a_batch_measures_what_its_utterances_measure_alone(encoder: Encoder) -> None:
    statistics, together = measure(encoder, WAVES)
    for i, wave in enumerate(WAVES):
        (expected,), alone = measure(encoder, [wave])
        (length,) = alone.lengths
        assert together.lengths[i] == length
        assert largest(statistics[i], expected) < EXACT
        assert relative(together.hidden[i, :length].numpy(), alone.hidden[0].numpy()) < EXACT
        assert not together.hidden[i, length:].any()


def test_interventions_on_a_batch_are_those_on_its_utterances_alone(timed: Encoder) -> None:
    with timed.without_heads([(0, 0), (2, 3)]), timed.limit_span(4, renormalise=False):
        statistics, together = measure(timed, WAVES)
        for i, wave in enumerate(WAVES):
            (expected,), alone = measure(timed, [wave])
            assert largest(statistics[i], expected) < EXACT
            assert relative(together.hidden[i, : alone.lengths[0]].numpy(), alone.hidden[0].numpy()) < EXACT


def test_the_families_that_can_be_padded_are_known(encoder: Encoder, family: str) -> None:
    """A group norm over time sees the padding; so do data2vec's stacked position convolutions, past the first."""
    print(f"\n{family}: {'padded batches' if encoder.padding_invariant else 'one by one'}", end="")
    assert encoder.padding_invariant == (family in PADDED)


def test_what_does_not_pad_would_be_wrong_if_padded(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """`pads = False` is no excess of caution: the numbers do differ."""
    if encoder.padding_invariant:
        return
    expected = encoder.forward(WAVES[:1]).hidden[0].numpy()
    monkeypatch.setattr(encoder, "padding_invariant", True)
    forced = encoder.forward(WAVES[:2]).hidden[0, : len(expected)].numpy()
    assert relative(forced, expected) > 1e-3


def test_hidden_states_do_not_depend_on_what_is_watched(encoder: Encoder) -> None:
    watched = measure(encoder, WAVES)[1].hidden
    np.testing.assert_array_equal(watched, encoder.forward(WAVES).hidden)


def frames(encoder: Encoder, wave: np.ndarray) -> int:
    return encoder.maps(wave, [0])[0].shape[-1]


def test_the_shortest_audio_is_told_and_less_is_refused(encoder: Encoder) -> None:
    """A one-line error, also in a batch with longer audio, instead of an error from a convolution."""
    wave = noise(0.3)
    shortest = next(n for n in range(len(wave)) if encoder.num_frames(wave[:n]))
    assert frames(encoder, wave[:shortest]) == encoder.num_frames(wave[:shortest])
    assert encoder.forward([wave[:shortest]]).hidden.isfinite().all()
    with pytest.raises(InputError, match=r"^audio of \d+ samples is shorter than one frame of "):
        encoder.forward([wave, wave[: shortest - 1]])


SIGHT = {"moonshine": 0.06, "audio-spectrogram-transformer": 0.26}
"""Seconds that a frame sees: the last may begin so long before the end."""


def test_frames_are_told_before_the_model_runs(encoder: Encoder) -> None:
    edge = SIGHT.get(encoder.family.model_type, max(0.03, encoder.frame_period))
    for wave in WAVES:
        assert frames(encoder, wave) == encoder.num_frames(wave)
        assert abs(len(wave) / 16000 - encoder.num_frames(wave) * encoder.frame_period) < edge


def test_longer_audio_than_the_model_takes_is_refused(encoder: Encoder) -> None:
    """Its extractor would cut it in silence."""
    if encoder.max_seconds == np.inf:
        return
    with pytest.raises(InputError, match=r"^audio of 6.5 s is longer than the 6 s that .* takes$"):
        encoder.forward([noise(6.5)])
