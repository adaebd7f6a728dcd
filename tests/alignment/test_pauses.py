"""A pause belongs to no word; closures of stops do."""

import numpy as np
import pytest
from tests.helpers.tiny_models import noise

from otoscope.alignment.pauses import SHORTEST_PAUSE, without_pauses

RATE = 16000


def speech(*parts):
    """Return sound and silence in turn, of these seconds; the first is sound."""
    waves = [noise(max(seconds, 0.01)) * (place % 2 == 0) for place, seconds in enumerate(parts)]
    return np.concatenate([wave[: round(seconds * RATE)] for wave, seconds in zip(waves, parts, strict=True)])


@pytest.mark.parametrize(
    ("parts", "times", "expected"),
    [
        ((0.3, 1.0, 0.3), (0.32, 1.6), (1.3, 1.6)),  # its start is at the other end of the pause
        ((0.3, 1.0, 0.3), (0.0, 1.25), (0.0, 0.3)),  # its end is
        ((0.05, 1.0, 0.3), (0.0, 1.6), (1.05, 1.6)),  # the rest of the word before is not the word
        ((0.2, 0.1, 0.2), (0.0, 0.5), (0.0, 0.5)),  # a closure
        ((0.2, 0.5, 0.2), (0.25, 0.65), (0.25, 0.65)),  # a word without sound stays
    ],
)
def test_a_word_has_no_pause(parts, times, expected):
    start, end = without_pauses(speech(*parts), *(np.array([time]) for time in times))
    assert (start[0], end[0]) == pytest.approx(expected, abs=0.011)


def test_words_without_pauses_keep_their_times():
    wave, start = speech(1.0), np.arange(0, 1, SHORTEST_PAUSE)
    same = without_pauses(wave, start, start + SHORTEST_PAUSE)
    np.testing.assert_array_equal(same, (start, start + SHORTEST_PAUSE))
