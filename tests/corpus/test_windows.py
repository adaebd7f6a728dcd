"""Long utterances as overlapping windows: where they lie, what audio and which labels they hold."""

from itertools import pairwise

import numpy as np
import pytest
import soundfile
from lhotse import MonoCut, Recording, SupervisionSegment
from lhotse.supervision import AlignmentItem

from otoscope.corpus import load_audio
from otoscope.corpus.windows import windowed
from otoscope.errors import InputError

RATE = 16000


@pytest.fixture
def cut(tmp_path) -> MonoCut:
    """Ten seconds that count their own samples, with a phone each second."""
    soundfile.write(tmp_path / "long.wav", np.arange(10 * RATE) / (20 * RATE), RATE, subtype="FLOAT")
    phones = [AlignmentItem(symbol, float(second), 1.0) for second, symbol in enumerate("abcdefghij")]
    spoken = SupervisionSegment("long", "long", 0.0, 10.0, speaker="s", text="all", alignment={"phone": phones})
    recording = Recording.from_file(tmp_path / "long.wav")
    return MonoCut("long", 0.0, 10.0, 0, supervisions=[spoken], recording=recording)


def test_windows_are_spaced_evenly_and_overlap_by_a_quarter_or_more(cut):
    windows = windowed([cut], 4.0)
    assert [window.id for window in windows] == ["long@0.00", "long@3.00", "long@6.00"]
    assert [(window.start, window.duration) for window in windows] == [(0.0, 4.0), (3.0, 4.0), (6.0, 4.0)]
    for seconds in (1.0, 1.7, 3.3, 9.9):
        spans = [(window.start, window.end) for window in windowed([cut], seconds)]
        assert spans[0][0] == 0
        assert spans[-1][1] == pytest.approx(10, abs=1e-4)
        overlaps = [before[1] - after[0] for before, after in pairwise(spans)]
        assert min(overlaps) >= 0.25 * seconds - 1e-3


def test_a_window_holds_its_part_of_the_audio(cut):
    whole = load_audio(cut, RATE)
    window = windowed([cut], 4.0)[1]
    np.testing.assert_array_equal(load_audio(window, RATE), whole[3 * RATE : 7 * RATE])


def test_labels_are_those_within_the_window_cut_at_its_edges(cut):
    (first, *_, last) = windowed([cut], 3.5)
    kept = {window.id: window.supervisions[0].alignment["phone"] for window in (first, last)}
    assert [(item.symbol, item.start, item.duration) for item in kept["long@0.00"]] == [
        ("a", 0.0, 1.0),
        ("b", 1.0, 1.0),
        ("c", 2.0, 1.0),
        ("d", 3.0, 0.5),
    ]
    assert [(item.symbol, item.start, item.duration) for item in kept["long@6.50"]] == [
        ("g", 0.0, 0.5),
        ("h", 0.5, 1.0),
        ("i", 1.5, 1.0),
        ("j", 2.5, 1.0),
    ]
    assert first.supervisions[0].speaker == "s"
    assert first.supervisions[0].text is None


def test_audio_no_longer_than_a_window_stays_whole(cut):
    assert windowed([cut], 10.0) == [cut]
    assert windowed([cut], None) == [cut]


@pytest.mark.parametrize("seconds", [0.0, -3.0, 0.99, float("nan"), float("inf")])
def test_windows_without_context_are_refused(cut, seconds):
    with pytest.raises(InputError, match="expected windows of at least 1 s, got"):
        windowed([cut], seconds)
