"""The speaker, phones and words of a cut come from all of its supervisions."""

import pytest
from lhotse import MonoCut, SupervisionSegment
from lhotse.supervision import AlignmentItem

from otoscope.corpus import phones_of, speaker_of, words_of


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
