"""Audio that is not in memory is read again, to the same samples."""

from types import SimpleNamespace

import numpy as np
import pytest

from otoscope.runs import streamed_waves
from otoscope.runs.streamed_waves import StreamedWaves

WAVE_BYTES = 400


@pytest.fixture
def reads():
    """Cuts that were read."""
    return []


@pytest.fixture
def waves(reads, monkeypatch):
    """Four waves, of which two fit in memory."""
    monkeypatch.setattr(streamed_waves, "MAX_AUDIO_BYTES", 2 * WAVE_BYTES)

    def load_wave(cut):
        reads.append(cut)
        return np.full(WAVE_BYTES // 4, cut, np.float32)

    return StreamedWaves(SimpleNamespace(load_wave=load_wave), [0, 1, 2, 3])


def test_the_memory_of_waves_is_bounded_and_each_is_what_was_read(waves, reads):
    assert [int(wave[0]) for wave in waves] == [0, 1, 2, 3]
    assert (int(waves[3][0]), int(waves[2][0]), reads) == (3, 2, [0, 1, 2, 3])
    assert (int(waves[-4][0]), reads[-1]) == (0, 0)


def test_a_slice_is_a_list_of_waves(waves):
    assert [int(wave[0]) for wave in waves[::-2]] == [3, 1]
    with pytest.raises(IndexError):
        waves[4]
