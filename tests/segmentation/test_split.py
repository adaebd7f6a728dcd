"""The validation part and the test part share no speaker."""

from types import SimpleNamespace

import pytest

from otoscope.errors import InputError
from otoscope.segmentation.split import LabelledUtterance, split


def utterances_of(*speakers):
    return [
        LabelledUtterance([SimpleNamespace(id=f"u{i}", supervisions=[SimpleNamespace(speaker=speaker)])], 0, [])
        for i, speaker in enumerate(speakers)
    ]


def names(part):
    return {utterance.speaker for utterance in part}


@pytest.mark.parametrize("count", range(2, 14))
def test_the_parts_share_no_speaker_and_every_fourth_is_for_validation(count):
    speakers = [f"s{i:02}" for i in range(count)]
    parts = split(utterances_of(*speakers, *reversed(speakers)))
    assert parts.split_by == "speaker"
    assert sorted(names(parts.validation)) == speakers[::4]
    assert names(parts.validation) | names(parts.test) == set(speakers)
    assert not names(parts.validation) & names(parts.test)
    assert len(parts.validation) + len(parts.test) == 2 * count


def test_named_speakers_are_the_validation_part_and_all_others_the_test_part():
    parts = split(utterances_of("a", "b", "c", "b"), ["b"])
    assert [utterance.cut.id for utterance in parts.validation] == ["u1", "u3"]
    assert [utterance.cut.id for utterance in parts.test] == ["u0", "u2"]


@pytest.mark.parametrize("speaker", ["a", None])
def test_a_corpus_of_one_speaker_is_split_by_utterance(speaker):
    parts = split(utterances_of(*[speaker] * 6))
    assert parts.split_by == "utterance"
    assert [utterance.cut.id for utterance in parts.validation] == ["u0", "u4"]
    assert [utterance.cut.id for utterance in parts.test] == ["u1", "u2", "u3", "u5"]


@pytest.mark.parametrize(
    ("speakers", "validation", "message"),
    [
        ("ab", "c", "found no c; choose from a, b"),
        ("ab", "ab", "found all 2 speakers in validation; name fewer speakers"),
        ("a", "a", "found all 1 speakers in validation"),
        ("a", "", "expected at least 2 utterances with phones"),
        (["a", "b", ""], "", "expected a speaker for every utterance, found 1 without one .the first: u2."),
    ],
)
def test_an_impossible_split_raises_one_line(speakers, validation, message):
    with pytest.raises(InputError, match=message):
        split(utterances_of(*speakers), list(validation))


def test_a_published_split_has_its_speakers_and_no_others():
    utterances = utterances_of("s01", "s03", "s25", "s36")
    parts = split(utterances, ["buckeye"])
    assert [[utterance.speaker for utterance in part] for part in (parts.validation, parts.test)] == [
        ["s25", "s36"],
        ["s03"],
    ]
    with pytest.raises(InputError, match=r"expected speakers of the published split, s03, s07, s31, s34, found"):
        split(utterances_of("s25", "s01"), ["buckeye"])
