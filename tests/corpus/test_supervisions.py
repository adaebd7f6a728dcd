"""The speaker, phones and words of a cut come from all of its supervisions."""

import pytest
from lhotse import AudioSource, MonoCut, Recording, SupervisionSegment
from lhotse.supervision import AlignmentItem

from otoscope.corpus import phones_of, speaker_of, words_of
from otoscope.corpus.alignment_origin import with_origin
from otoscope.corpus.windows import windowed


def cut_with(*supervisions: SupervisionSegment) -> MonoCut:
    return MonoCut("cut", 0.0, 4.0, 0, supervisions=list(supervisions))


def supervision(start: float, speaker: str | None, **alignment: list[AlignmentItem]) -> SupervisionSegment:
    return SupervisionSegment(f"s{start}", "cut", start, 2.0, speaker=speaker, alignment=alignment or None)


@pytest.mark.parametrize(
    ("speakers", "speaker"),
    [
        ([], None),
        ([None], None),
        ([""], None),
        (["ann"], "ann"),
        (["ann", "ann"], "ann"),
        ([None, "ann"], "ann"),
        (["ann", "ben"], None),
    ],
)
def test_a_cut_has_a_speaker_if_its_supervisions_name_exactly_one(speakers, speaker):
    cut = cut_with(*(supervision(float(start), name) for start, name in enumerate(speakers)))
    assert speaker_of(cut) == speaker


def test_labels_of_all_supervisions_come_in_order_of_time():
    late = supervision(2.0, "ann", phone=[AlignmentItem("b", 2.0, 0.5)], word=[AlignmentItem("bee", 2.0, 1.0)])
    early = supervision(0.0, "ann", phone=[AlignmentItem("a", 0.0, 0.5), AlignmentItem("s", 0.5, 1.0)])
    assert phones_of(cut_with(late, early)) == [("a", 0.0, 0.5), ("s", 0.5, 1.5), ("b", 2.0, 2.5)]
    assert words_of(cut_with(late, early)) == [("bee", 2.0, 3.0)]


def test_a_cut_without_labels_has_no_phones_and_no_words():
    assert phones_of(cut_with()) == words_of(cut_with(supervision(0.0, None))) == []


@pytest.fixture
def part() -> MonoCut:
    """Seconds 2 to 8 of a recording, as `read_corpus` returns them: the phone is at 2.5 s of the recording."""
    recording = Recording("r", [AudioSource("file", [0], "r.wav")], 16000, 160000, 10.0)
    spoken = SupervisionSegment("u", "r", 0.0, 6.0, custom=with_origin(None, 2.0, 10.0))
    spoken = spoken.with_alignment("phone", [AlignmentItem("a", 0.5, 0.5)])
    return MonoCut("u", 2.0, 6.0, 0, supervisions=[spoken], recording=recording)


def test_labels_keep_their_place_in_the_audio_when_lhotse_changes_the_cut(part):
    """The origin of the labels stays that of `read_corpus`, wherever the cut starts."""
    assert phones_of(part) == [("a", 0.5, 1.0)]
    assert phones_of(part.truncate(offset=0.25)) == [("a", 0.25, 0.75)]
    assert phones_of(part.extend_by(duration=1.0, direction="left")) == [("a", 1.5, 2.0)]
    assert phones_of(part.extend_by(duration=2.0, direction="left")) == [("a", 2.5, 3.0)]  # to the recording's start
    assert phones_of(part.perturb_speed(2.0)) == [("a", 0.25, 0.5)]


def test_windows_of_a_cut_that_was_extended_to_the_start_of_its_recording(part):
    first, *_, last = windowed([part.extend_by(duration=2.0, direction="left")], 4.0)
    assert (first.start, phones_of(first)) == (0.0, [("a", 2.5, 3.0)])
    assert (last.start, phones_of(last)) == (4.0, [])
