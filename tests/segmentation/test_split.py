"""What is tuned never hears what is reported."""

from types import SimpleNamespace

import pytest

from otoscope.errors import InputError
from otoscope.segmentation.split import LabelledUtterance, split


def said_by(*speakers):
    return [
        LabelledUtterance(SimpleNamespace(id=f"u{i}", supervisions=[SimpleNamespace(speaker=speaker)]), [])
        for i, speaker in enumerate(speakers)
    ]


def names(part):
    return {utterance.speaker for utterance in part}


@pytest.mark.parametrize("count", range(2, 14))
def test_speakers_are_disjoint_and_every_fourth_tunes(count):
    speakers = [f"s{i:02}" for i in range(count)]
    parts = split(said_by(*speakers, *reversed(speakers)))
    assert parts.by == "speaker"
    assert sorted(names(parts.validation)) == speakers[::4]
    assert names(parts.validation) | names(parts.test) == set(speakers)
    assert not names(parts.validation) & names(parts.test)
    assert len(parts.validation) + len(parts.test) == 2 * count


def test_named_speakers_tune_and_all_others_are_reported():
    parts = split(said_by("a", "b", "c", "b"), ["b"])
    assert [one.cut.id for one in parts.validation] == ["u1", "u3"]
    assert [one.cut.id for one in parts.test] == ["u0", "u2"]


@pytest.mark.parametrize("speaker", ["a", None])
def test_one_speaker_is_parted_by_utterance_and_says_so(speaker):
    parts = split(said_by(*[speaker] * 6))
    assert parts.by == "utterance"
    assert [one.cut.id for one in parts.validation] == ["u0", "u4"]
    assert [one.cut.id for one in parts.test] == ["u1", "u2", "u3", "u5"]


@pytest.mark.parametrize(
    ("speakers", "validation", "said"),
    [
        ("ab", "c", "no speaker c among those with phones: a, b"),
        ("ab", "ab", "all 2 speakers are for validation; leave at least one to report on"),
        ("a", "a", "all 1 speakers are for validation"),
        ("a", "", "expected 2 utterances with phones or more"),
        (["a", "b", ""], "", "expected every utterance with its speaker, 1 have none, such as u2"),
    ],
)
def test_parts_that_cannot_be_are_one_line(speakers, validation, said):
    with pytest.raises(InputError, match=said):
        split(said_by(*speakers), list(validation))
